"""Whether a model's attention takes tries: found out on the model itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from engine.models.batch_size import is_out_of_memory
from engine.models.forward_arguments import accepted_arguments
from engine.models.weights import input_device
from engine.records.errors import Cancelled
from engine.scoring.forward import next_logits
from engine.scoring.packed import Paths, Row, compute_beginning, compute_rows
from engine.scoring.passes import forward_pass
from engine.scoring.tries import TokenTrie

HEEDED_WINDOWS = frozenset(
    {"sliding_window", "sliding_window_pattern", "use_sliding_window", "max_window_layers"}
)
"""Settings of windows that a tree mask heeds, and those that only shape `layer_types`."""

COMPARED = 8
"""At so many last positions of a prompt logits are compared."""

TOLERANCES = {torch.float32: 1e-4, torch.float16: 0.02, torch.bfloat16: 0.08}
"""What logits may deviate by, as a share of their spread.

On the embedded model rounding makes 0.00001, 0.003 and 0.03, a mask or position that is wrong 0.12
or more in every format.
"""


def takes_tries(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]], check: Callable[[], None]
) -> bool:
    """Whether a packed pass over the model, and a step after it, give a plain pass's logits.

    The longest prompt is put into a trie behind another branch, and its logits are
    compared with those of the prompt alone, without a cache. An attention that counts distances by
    place (ALiBi), or that sees a window by place, gives others.

    Args:
        model: under any variant.
        prompts: their tokens, of one or more.
        check: called between blocks; raises to cancel.
    """
    config = model.config.get_text_config()
    windows = {name.removeprefix("_") for name in config.to_dict() if "window" in name}
    if "position_ids" not in accepted_arguments(model) or windows - HEEDED_WINDOWS:
        return False
    prompt = max(prompts, key=len)
    compared = min(COMPARED, len(prompt) - 1)
    with torch.inference_mode():
        expected = _plain(model, prompt, check)[-compared:]
        try:
            found = _packed(model, prompt, compared, check)
        except Cancelled:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise
            print(f"tries are not taken: {type(error).__name__}: {error}", file=sys.stderr)
            return False
    return _deviation(found, expected) <= TOLERANCES[model.dtype]


def _plain(model: PreTrainedModel, ids: Sequence[int], check: Callable[[], None]) -> Tensor:
    """(tokens, vocabulary): the logits of one sequence."""
    sequence = torch.tensor([ids], device=input_device(model))
    with forward_pass(model, check):
        logits: Tensor = model(input_ids=sequence, use_cache=False).logits
    return logits[0]


def _packed(
    model: PreTrainedModel, ids: Sequence[int], compared: int, check: Callable[[], None]
) -> Tensor:
    """The last logits of the same sequence, by a packed pass and a step after it."""
    shared = len(ids) // 4
    beginning = compute_beginning(model, ids[:shared], check) if shared else None
    trie = TokenTrie(shared)
    trie.add(ids[:shared:-1])
    nodes = trie.add(ids[shared:-1])
    reads = tuple(nodes[len(nodes) + 1 - compared :])
    row = Row(trie, reads)
    packed = compute_rows(model, [row, row], beginning, check, kept=True)
    paths = Paths([len(ids) - 1], 1)
    paths.collect(packed, [(1, nodes)])
    last = torch.tensor([ids[-1]], device=input_device(model))
    with forward_pass(model, check):
        _, logits = next_logits(model, paths.prefix(last.device), last)
    return torch.cat([packed.logits[len(reads) :], logits])


def _deviation(found: Tensor, expected: Tensor) -> float:
    """How far logits (positions, vocabulary) are from others, as a share of the others' spread.

    Logits that differ by a constant mean the same.
    """
    centred = [
        logits.float() - logits.float().mean(-1, keepdim=True) for logits in (found, expected)
    ]
    return float((centred[0] - centred[1]).norm() / centred[1].norm())

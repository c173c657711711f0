"""A literal, slow restatement of how models are compressed, independent of the engine's code.

Blocks are taken in order. For each, the whole model runs on one sequence after the other, with all
earlier blocks already compressed, while hooks record what enters the block's linear layers.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from engine.compression.compress import Compressed, compress
from engine.compression.reporter import Reporter
from engine.methods.recipes import parse_recipe
from tests.tiny_models import VOCABULARY

BLOCKS = {
    "gpt2": "transformer.h",
    "bloom": "transformer.h",
    "falcon": "transformer.h",
    "falcon_alibi": "transformer.h",
    "opt": "model.decoder.layers",
    "gpt_neox": "gpt_neox.layers",
}
"""Where each class keeps its blocks; "model.layers" for the rest."""

Rule = Callable[[Tensor, Tensor, str], Tensor]
"""From weight `(out, in)`, inputs `(tokens, in)` and name to the compressed weight."""


def calibration_ids(sequences: int = 6, tokens: int = 24, seed: int = 0) -> Tensor:
    """Random token ids; the tiny models have no text that they know."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(3, VOCABULARY, (sequences, tokens), generator=generator)


def quietly(model: PreTrainedModel, recipe: str, sequences: Tensor) -> Compressed:
    """Compress without reporting and without being stopped."""
    return compress(model, parse_recipe(recipe), sequences, Reporter())


def blocks_of(model: PreTrainedModel, kind: str) -> Iterator[tuple[str, nn.Module]]:
    path = BLOCKS.get(kind, "model.layers")
    for index, block in model.get_submodule(path).named_children():
        yield f"{path}.{index}", block


def restated(
    model: PreTrainedModel,
    kind: str,
    sequences: Tensor,
    rule: Rule,
    earlier: dict[str, Tensor] | None = None,
) -> dict[str, Tensor]:
    """Every weight that `rule` changes, by full parameter name.

    Blocks before the one at hand have the weights that the rule gave them, or those of `earlier`:
    where a rule rounds, a difference in the last bit of one block would grow from block to block.
    """
    model = copy.deepcopy(model)
    model.set_experts_implementation("eager")
    changed: dict[str, Tensor] = {}
    for prefix, block in blocks_of(model, kind):
        inputs = recorded_inputs(model, block, sequences)
        new: dict[nn.Parameter, Tensor] = {}
        names: dict[nn.Parameter, str] = {}
        for name, module in block.named_modules():
            full = f"{prefix}.{name}"
            if isinstance(module, nn.Linear | Conv1D):
                weight = module.weight
                assert isinstance(weight, nn.Parameter)
                transposed = isinstance(module, Conv1D)
                matrix = weight.detach().T if transposed else weight.detach()
                result = rule(matrix, inputs[name], f"{full}.weight")
                new[weight] = result.T.contiguous() if transposed else result
                names[weight] = f"{full}.weight"
            elif name.endswith("experts"):
                for which in ("gate_up_proj", "down_proj"):
                    stacked: nn.Parameter = getattr(module, which)
                    new[stacked] = torch.stack(
                        [
                            rule(
                                stacked[expert].detach(),
                                inputs[f"{name}.{which}.{expert}"],
                                f"{full}.{which}[{expert}]",
                            )
                            for expert in range(len(stacked))
                        ]
                    )
                    names[stacked] = f"{full}.{which}"
        for parameter, name in names.items():
            changed[name] = new[parameter]
            parameter.data = (earlier or changed)[name].clone()
    return changed


@torch.no_grad()
def recorded_inputs(
    model: PreTrainedModel, block: nn.Module, sequences: Tensor
) -> dict[str, Tensor]:
    """What enters each linear layer of a block, `(tokens, in_features)` by name in the block."""
    seen: dict[str, list[Tensor]] = {}
    handles = []
    for name, module in block.named_modules():

        def record(module: Any, args: tuple[Tensor, ...], name: str = name) -> None:
            if isinstance(module, nn.Linear | Conv1D):
                seen.setdefault(name, []).append(args[0].reshape(-1, args[0].shape[-1]))
                return
            hidden, chosen, _ = args
            for expert in range(module.num_experts):
                mine = torch.stack(
                    [row for row, to in zip(hidden, chosen, strict=True) if expert in to.tolist()]
                    or [hidden[0] * 0]
                )
                gate, up = (mine @ module.gate_up_proj[expert].T).chunk(2, dim=-1)
                seen.setdefault(f"{name}.gate_up_proj.{expert}", []).append(mine)
                seen.setdefault(f"{name}.down_proj.{expert}", []).append(module.act_fn(gate) * up)

        if isinstance(module, nn.Linear | Conv1D) or name.endswith("experts"):
            handles.append(module.register_forward_pre_hook(record))
    for sequence in sequences:
        model(input_ids=sequence.unsqueeze(0), use_cache=False)
    for handle in handles:
        handle.remove()
    return {name: torch.cat(parts) for name, parts in seen.items()}


def without_lowest(weight: Tensor, scores: Tensor, count: int) -> Tensor:
    """Set the `count` lowest-scored weights of each row to zero, one row after the other."""
    new = weight.clone()
    for row, values in enumerate(scores.tolist()):
        order = sorted(range(len(values)), key=lambda column: values[column])
        new[row, order[:count]] = 0
    return new

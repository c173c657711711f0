"""One model's activations in the other: what suffices to bring an answer back, what it needs.

Activation patching (Vig et al. 2020, arXiv 2004.12265; Meng et al. 2022, arXiv 2202.05262, section
2.2) of a block's whole output at one position at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from engine.models.weights import input_device
from engine.probing.passes import (
    Batch,
    Check,
    Resumed,
    States,
    batch_of,
    captured,
    logits_of,
)
from engine.probing.prober import Prober
from engine.probing.probing import Probing, Subject
from engine.records.instruments.patch import Patch, PatchFinding
from engine.records.settings import DENSE
from engine.scoring.likelihood import log_probabilities, token_text
from engine.scoring.passes import pass_tokens


def find_patched(
    probing: Probing, subjects: Sequence[Subject], instrument: Patch
) -> list[PatchFinding]:
    """Patch every block at every position, item by item.

    Raises:
        UserError: the two models are not alike inside.
    """
    probing.like_blocks()
    return [_found(probing, subject, instrument) for subject in subjects]


def _found(probing: Probing, subject: Subject, instrument: Patch) -> PatchFinding:
    names = (probing.variant, DENSE)
    target, source = names if instrument.direction == "suffices" else names[::-1]
    gold, ids = subject.gold[0], subject.before
    first = max(0, len(ids) - instrument.positions)
    rows: list[tuple[float, ...]] = []

    def found() -> PatchFinding:
        return PatchFinding(
            item_id=subject.item.id,
            variant=probing.variant,
            instrument=instrument,
            answer=subject.answer,
            own=own,
            other=other,
            tokens=tuple(token_text(probing.tokenizer, id_) for id_ in ids[first:]),
            log_probabilities=tuple(rows),
        )

    with probing.variants.using(source) as model, torch.inference_mode():
        given, logits = captured(model, _alone(model, ids), probing.check)
        other = _log_probability(logits, gold)
    with probing.variants.using(target) as model, torch.inference_mode():
        states, logits = captured(model, _alone(model, ids), probing.check)
        own = _log_probability(logits, gold)
        blocks = len(states.after)
        for block in range(blocks):
            logits = patched(model, ids, states, given, block, first, probing.check)
            values = log_probabilities(logits, torch.full((len(logits),), gold).to(logits.device))
            rows.append(tuple(values.tolist()))
            probing.step(f"block {block + 1} of {blocks}", (block + 1) / blocks, found())
    return found()


def patched(
    model: PreTrainedModel,
    ids: Sequence[int],
    states: States,
    given: States,
    block: int,
    first: int,
    check: Check,
) -> Tensor:
    """Logits (positions, vocabulary) at the last token, a row for each position that is patched.

    Args:
        model: that is patched.
        ids: of one sequence.
        states: its own between blocks, (1, tokens, hidden) each.
        given: those that are put in.
        block: whose output is exchanged.
        first: position that is patched; the others follow.
        check: called between blocks; raises to cancel.
    """
    own, put_in = states.after[block], given.after[block].to(states.after[block].device)
    places = torch.arange(first, len(ids))
    logits = []
    for some in places.split(max(1, pass_tokens(input_device(model)) // len(ids))):
        hidden = own.repeat(len(some), 1, 1)
        hidden[torch.arange(len(some)), some] = put_in[0, some]
        batch = batch_of(model, [ids] * len(some), [[len(ids) - 1]] * len(some))
        logits.append(logits_of(model, batch, check, Resumed(block + 1, hidden, states.in_tuple)))
    return torch.cat(logits)


def _alone(model: PreTrainedModel, ids: Sequence[int]) -> Batch:
    return batch_of(model, [ids], [[len(ids) - 1]])


def _log_probability(logits: Tensor, token: int) -> float:
    return float(log_probabilities(logits, torch.tensor([token], device=logits.device))[0])


PROBER = Prober(Patch, find_patched, alone=True)

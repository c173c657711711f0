"""The logit lens (nostalgebraist 2020): hidden states between blocks, read by the model's own head.

The final norm is computed anew for every block, in the precision in which the model computes it:
normalisation layers go to float32 and back. The last level is the model's own output.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from engine.probing.passes import Check, batch_of, captured, through_head
from engine.probing.prober import Prober
from engine.probing.probing import Probing, Subject
from engine.records.instruments.depth import Depth, DepthFinding, Level
from engine.records.settings import DENSE
from engine.scoring.likelihood import WantedToken, token_figures, token_text


def find_depth(
    probing: Probing, subjects: Sequence[Subject], instrument: Depth
) -> list[DepthFinding]:
    """Read both models after every block, at the answer position."""
    levels = {}
    for number, name in enumerate((DENSE, probing.variant)):
        probing.step(name, number / 2, None)
        with probing.variants.using(name) as model, torch.inference_mode():
            levels[name] = _levels(model, subjects, probing.check)
    return [
        DepthFinding(
            item_id=subject.item.id,
            variant=probing.variant,
            instrument=instrument,
            answer=subject.answer,
            token=token_text(probing.tokenizer, subject.gold[0]),
            dense=dense,
            compressed=compressed,
        )
        for subject, dense, compressed in zip(
            subjects, levels[DENSE], levels[probing.variant], strict=True
        )
    ]


def _levels(
    model: PreTrainedModel, subjects: Sequence[Subject], check: Check
) -> list[tuple[Level, ...]]:
    rows = [subject.before for subject in subjects]
    last = [len(row) - 1 for row in rows]
    states, _ = captured(model, batch_of(model, rows, [[place] for place in last]), check)
    return [
        block_levels(
            through_head(model, _at(states.after, row, place), states.in_tuple, check),
            subject.gold[0],
        )
        for row, (place, subject) in enumerate(zip(last, subjects, strict=True))
    ]


def _at(after: Sequence[Tensor], row: int, place: int) -> Tensor:
    """(blocks, hidden): the states of one token, on the device of the last block."""
    return torch.stack([hidden[row, place].to(after[-1].device) for hidden in after])


def block_levels(logits: Tensor, token: int) -> tuple[Level, ...]:
    """Rank and log-probability of a token by each row of logits (blocks, vocabulary)."""
    wanted = [WantedToken(block, token, True) for block in range(len(logits))]
    return tuple(
        Level(figures.rank or 0, figures.log_probability)
        for figures in token_figures(logits, wanted)
    )


PROBER = Prober(Depth, find_depth)

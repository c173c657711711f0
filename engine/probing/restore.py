"""What the gold answers gain when one part of a compressed model has its dense weights again.

Only the blocks from the restored one on are computed again, from hidden states that are captured
once for a batch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from engine.models.structure import block_parameters, decoder_blocks, prunable
from engine.models.weights import exchanged_weights
from engine.probing.passes import (
    Batch,
    Check,
    States,
    batch_of,
    captured,
    logits_of,
    resumed_after,
)
from engine.probing.prober import Prober
from engine.probing.probing import Probing, Subject
from engine.records.errors import UserError
from engine.records.instruments.restore import BlockGain, MatrixGain, Restore, RestoreFinding
from engine.records.settings import DENSE
from engine.scoring.likelihood import log_probabilities

Parts = list[list[str]]
"""Of every block the full names of the parameters that differ from the dense model's."""


def find_gains(
    probing: Probing, subjects: Sequence[Subject], instrument: Restore
) -> list[RestoreFinding]:
    """Restore every block, and every matrix of it alone where they are asked for."""
    gold = GoldTokens(subjects)
    with probing.variants.using(DENSE) as model:
        weights = probing.variants.own_weights(
            [name for block in decoder_blocks(model) for name in block_parameters(block)]
        )
        with torch.inference_mode():
            dense = gold.totals(logits_of(model, gold.batch(model), probing.check))
    with probing.variants.using(probing.variant) as model:
        parts = changed_parts(probing, model, weights)
        batch = gold.batch(model)
        with torch.inference_mode():
            states, logits = captured(model, batch, probing.check)
        compressed = gold.totals(logits)
        alone = _matrices(model, parts) if instrument.matrices else []
        works = len(parts) + sum(map(len, alone))
        gains: list[list[float]] = []
        inner: list[list[tuple[str, list[float]]]] = [[] for _ in parts]
        done = 0

        def gained(names: Collection[str], detail: str) -> list[float]:
            nonlocal done
            logits = restored(model, batch, states, parts, weights, names, probing.check)
            done += 1
            after = gold.totals(logits)
            probing.step(detail, done / works, found(0))
            return [value - before for value, before in zip(after, compressed, strict=True)]

        def found(row: int) -> RestoreFinding:
            subject = subjects[row]
            return RestoreFinding(
                item_id=subject.item.id,
                variant=probing.variant,
                instrument=instrument,
                answer=subject.answer,
                dense=dense[row],
                compressed=compressed[row],
                blocks=tuple(
                    BlockGain(
                        block[row],
                        tuple(MatrixGain(name, values[row]) for name, values in matrices),
                    )
                    for block, matrices in zip(gains, inner, strict=False)
                ),
            )

        for block, names in enumerate(parts):
            gains.append(gained(names, f"block {block + 1} of {len(parts)}"))
        for block, names in enumerate(alone):
            prefix = f"{decoder_blocks(model)[block].name}."
            for name in names:
                values = gained([name], f"matrices of block {block + 1} of {len(parts)}")
                inner[block].append((name.removeprefix(prefix).removesuffix(".weight"), values))
    return [found(row) for row in range(len(subjects))]


def restored(
    model: PreTrainedModel,
    batch: Batch,
    states: States,
    parts: Parts,
    weights: Mapping[str, Tensor],
    names: Collection[str],
    check: Check,
) -> Tensor:
    """Logits (reads, vocabulary) with the named parameters dense again.

    Args:
        model: under the variant in question.
        batch: of which `states` were captured under that variant.
        states: between its blocks.
        parts: of its blocks.
        weights: the dense ones by full name.
        names: of the parameters that are restored; none is the variant itself.
        check: called between blocks; raises to cancel.
    """
    chosen = {name: weights[name] for name in names}
    first = next((block for block, its in enumerate(parts) if chosen.keys() & its), len(parts))
    with exchanged_weights(model, chosen), torch.inference_mode():
        return logits_of(model, batch, check, resumed_after(states, first))


def changed_parts(probing: Probing, model: PreTrainedModel, weights: Mapping[str, Tensor]) -> Parts:
    """The parameters of each block that a variant changes; `weights` are the dense ones.

    Of a checkpoint they are all of the block's: whoever made it may have moved scales from the
    matrices to norms and biases, which only fit together.

    Raises:
        UserError: the variant is a checkpoint whose blocks are not the dense model's.
    """
    known = probing.variants.changed(probing.variant)
    parts = [
        [name for name in block_parameters(block) if known is None or name in known]
        for block in decoder_blocks(model)
    ]
    own = dict(model.named_parameters())
    changed = [name for names in parts for name in names]
    other = any(name not in weights or own[name].shape != weights[name].shape for name in changed)
    if other or (known is None and len(changed) < len(weights)):
        raise UserError(
            f"the matrices of {probing.variant} are not those of the dense model",
            "Only a checkpoint of the same architecture and size can be restored in parts.",
        )
    return parts


def _matrices(model: PreTrainedModel, parts: Parts) -> Parts:
    """Of the parts only the matrices."""
    return [
        [matrix.name for matrix in prunable(block) if matrix.name in names]
        for block, names in zip(decoder_blocks(model), parts, strict=True)
    ]


class GoldTokens:
    """The gold answers of a batch of items, teacher-forced."""

    def __init__(self, subjects: Sequence[Subject]) -> None:
        self._subjects = subjects

    def batch(self, model: PreTrainedModel) -> Batch:
        """Every item with its answer, read where the answer's tokens are predicted."""
        # Nobody asks what follows the last token.
        rows = [subject.whole[:-1] for subject in self._subjects]
        reads = [
            range(len(subject.before) - 1, len(subject.whole) - 1) for subject in self._subjects
        ]
        return batch_of(model, rows, reads)

    def totals(self, logits: Tensor) -> list[float]:
        """Of every item the log-probability of its answer, summed over its tokens."""
        tokens = [token for subject in self._subjects for token in subject.gold]
        values = log_probabilities(logits, torch.tensor(tokens, device=logits.device))
        lengths = [len(subject.gold) for subject in self._subjects]
        return [float(part.sum()) for part in values.split(lengths)]


PROBER = Prober(Restore, find_gains)

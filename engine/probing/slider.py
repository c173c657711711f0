"""Any sparsity at once: for every weight a byte says from which sparsity on Wanda prunes it.

A weight goes at the sparsities from which on its rank within its row is among the lowest
(`engine.methods.wanda`, section 3 of Sun et al. 2023, the comparison group is the output row). The
byte holds the lowest such sparsity in whole per cent, so that a mask is one comparison. Scores are
of the dense model's activations in every block.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from engine.compression.statistics import BlockStatistics
from engine.compression.walk import capture_inputs
from engine.methods.wanda import wanda_scores
from engine.models.structure import Block, Prunable, decoder_blocks, prunable, tied_parameters
from engine.models.weights import exchange_weight, weights_at_hand, weights_resident
from engine.probing.passes import batch_of, logits_of
from engine.probing.prober import Prober
from engine.probing.probing import Probing, Subject
from engine.records.instruments.slider import GRID, MOST, Slider, SliderFinding, SliderPoint
from engine.records.settings import DENSE
from engine.scoring.likelihood import WantedToken, token_figures, token_text, top_tokens

KEPT = "slider"
STAYS = 255
"""The byte of a weight that stays at every sparsity."""
TOP = 10

Bytes = Mapping[str, Tensor]
"""By full parameter name: uint8 in the parameter's shape."""


def find_points(
    probing: Probing, subjects: Sequence[Subject], instrument: Slider
) -> list[SliderFinding]:
    """The gold's first token at one sparsity, or along a curve."""
    percents = range(0, MOST + 1, GRID) if instrument.percent is None else (instrument.percent,)
    points: list[list[SliderPoint]] = [[] for _ in subjects]

    def found(row: int) -> SliderFinding:
        subject = subjects[row]
        return SliderFinding(
            item_id=subject.item.id,
            variant=probing.variant,
            instrument=instrument,
            answer=subject.answer,
            token=token_text(probing.tokenizer, subject.gold[0]),
            points=tuple(points[row]),
        )

    with probing.variants.using(DENSE) as model:
        going = probing.kept.get(KEPT)
        if going is None:
            going = probing.kept[KEPT] = going_at(model, probing)
        rows = [subject.before for subject in subjects]
        batch = batch_of(model, rows, [[len(row) - 1] for row in rows])
        for number, percent in enumerate(percents):
            with masked(model, going, percent), torch.no_grad():
                logits = logits_of(model, batch, probing.check)
            for own, subject, row in zip(points, subjects, logits, strict=True):
                own.append(_point(probing, percent, row, subject.gold[0]))
            probing.step(f"{percent} %", (number + 1) / len(percents), found(0))
    return [found(row) for row in range(len(subjects))]


def _point(probing: Probing, percent: int, logits: Tensor, token: int) -> SliderPoint:
    [figures] = token_figures(logits[None], [WantedToken(0, token, True)])
    return SliderPoint(
        percent=percent,
        rank=figures.rank or 0,
        probability=math.exp(figures.log_probability),
        top=top_tokens(logits, TOP, probing.tokenizer),
    )


@torch.no_grad()
def going_at(model: PreTrainedModel, probing: Probing) -> Bytes:
    """From which sparsity in per cent on each prunable weight of a dense model goes."""
    blocks, shared = decoder_blocks(model), tied_parameters(model)
    inputs = capture_inputs(model, blocks, probing.calibration(), probing.check)
    going = {}
    for block in blocks:
        share = 0.9 * block.index / len(blocks)
        probing.step(f"ranking block {block.index + 1} of {len(blocks)}", share, None)
        matrices = prunable(block, shared=shared)
        statistics = BlockStatistics(keep_inputs=False)
        with weights_resident(block.module), statistics.collecting(matrices):
            inputs.advance(block, probing.check)
        for matrix in matrices:
            known = statistics.of.pop(matrix.name, [])
            if known:
                with weights_at_hand(matrix.module):
                    going[matrix.name] = _of_matrix(matrix, known)
    return going


def _of_matrix(matrix: Prunable, known: Sequence[Any]) -> Tensor:
    going = torch.full(matrix.weight.shape, STAYS, dtype=torch.uint8, device=matrix.weight.device)
    pairs = zip(matrix.matrices(matrix.weight), matrix.matrices(going), known, strict=True)
    for weight, own, statistics in pairs:
        own.copy_(percent_of_each(wanda_scores(weight.float(), statistics)))
    return going


def percent_of_each(scores: Tensor) -> Tensor:
    """From which sparsity in whole per cent on a score is among the lowest of its row.

    At p per cent ⌊columns · p/100⌋ of a row go. (rows, columns) to uint8 of the same shape.
    """
    columns = scores.shape[1]
    lost = [int(columns * (percent / 100)) for percent in range(MOST + 1)]
    by_rank = torch.tensor(
        np.searchsorted(lost, np.arange(columns), side="right"), dtype=torch.uint8
    ).masked_fill_(torch.arange(columns) >= lost[-1], STAYS)
    order = _order(scores)
    by_rank = by_rank.to(scores.device).expand_as(order)
    return torch.empty_like(order, dtype=torch.uint8).scatter_(1, order, by_rank)


def _order(scores: Tensor) -> Tensor:
    """Where the scores of every row stand, by their size."""
    if scores.device.type != "cpu":
        return scores.argsort(dim=1)
    # Several times faster on a CPU than torch's own sort.
    return torch.from_numpy(np.argsort(scores.numpy(), axis=1))


@contextmanager
def masked(model: PreTrainedModel, going: Bytes, percent: int) -> Iterator[None]:
    """The dense model computes at a sparsity meanwhile; only one block has masked weights at a
    time."""
    if percent == 0:
        yield
        return
    with ExitStack() as stack, ExitStack() as hooks:
        for block in decoder_blocks(model):
            matrices = [one for one in prunable(block) if one.name in going]
            _mask_while_computing(block, matrices, going, percent, stack, hooks)
        yield


def _mask_while_computing(
    block: Block,
    matrices: Sequence[Prunable],
    going: Bytes,
    percent: int,
    stack: ExitStack,
    hooks: ExitStack,
) -> None:
    def put_on(module: nn.Module, args: tuple[Any, ...]) -> None:
        for matrix in matrices:
            with weights_at_hand(matrix.module):
                sparse = without_gone(matrix.weight.detach(), going[matrix.name], percent)
            stack.callback(exchange_weight(matrix.module, matrix.parameter, sparse))

    def take_off(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        stack.close()

    hooks.enter_context(block.module.register_forward_pre_hook(put_on))
    hooks.enter_context(block.module.register_forward_hook(take_off))


def without_gone(weight: Tensor, going: Tensor, percent: int) -> Tensor:
    """The weight at a sparsity; `going` has its shape.

    Its bits are multiplied by 0 or 1 as whole numbers: four times as fast as filling in zeros.
    """
    bits = weight.view({1: torch.int8, 2: torch.int16, 4: torch.int32}[weight.itemsize])
    stays = going.to(weight.device) > percent
    return (bits * stays).view(weight.dtype)


PROBER = Prober(Slider, find_points)

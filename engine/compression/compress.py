"""Compress a model under a recipe: the changed weights, with the model left as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from engine.compression.allocation import (
    gold_sparsities,
    linear_sparsities,
    outlier_shares,
    owl_sparsities,
    shuffled_gains,
)
from engine.compression.biases import bias_name, has_bias, has_biases, made_up_bias
from engine.compression.reporter import Reporter
from engine.compression.statistics import BlockStatistics
from engine.compression.swaps import refine
from engine.compression.walk import BlockInputs, capture_inputs
from engine.methods.amounts import Pattern, Sparsity
from engine.methods.kernels.inputs import InputStatistics
from engine.methods.method import Compress, Method, Needs, Target
from engine.methods.recipes import looks_at_answers, method_of, needs_calibration
from engine.methods.registry import outside_package
from engine.models.structure import Block, Prunable, decoder_blocks, prunable, tied_parameters
from engine.models.weights import copy_weight, exchanged_weights, weights_resident
from engine.records.errors import UserError
from engine.records.manifest import BlockSparsity
from engine.records.recipes import Recipe

SHUFFLE_SEED = 0
"""Of +shuffled."""


@dataclass(frozen=True)
class Compressed:
    """A compressed variant.

    Attributes:
        tensors: the changed weights by full parameter name, in the model's shape and dtype, in
            host memory.
        blocks: zeros in each block.
        notes: what a reader must know.
    """

    tensors: dict[str, Tensor]
    blocks: tuple[BlockSparsity, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Work:
    """A recipe with what applies it, and the model's parts that it is applied to.

    Attributes:
        compress: the method's function.
        needs: what must be known of the inputs of a block while it is compressed.
        matrices: those of every block, by its index.
    """

    model: PreTrainedModel
    recipe: Recipe
    method: Method
    compress: Compress
    needs: Needs
    blocks: list[Block]
    matrices: dict[int, list[Prunable]]
    reporter: Reporter


@torch.no_grad()
def compress(
    model: PreTrainedModel,
    recipe: Recipe,
    sequences: Tensor,
    reporter: Reporter,
    *,
    gains: Sequence[float] = (),
) -> Compressed:
    """Compress every weight matrix in the model's decoder blocks.

    Each block is compressed with statistics of inputs that come from the blocks before it as
    already compressed. Embeddings, norms and head are never touched, and the model has its own
    weights again afterwards, also after an error.

    `sequences` is `(sequences, tokens)`: token ids of the calibration text; empty for a recipe that
    needs none. `gains` are the blocks' gold sensitivities, for a recipe that looks at answers
    (`engine.probing.restore`). Progress counts blocks.

    Raises:
        UserError: the model's structure or shapes don't allow this recipe.
        ValueError: the recipe needs calibration text, and there is none; or it makes nothing.
        engine.records.errors.Cancelled: from the reporter's `check`.
    """
    work = _prepared(model, recipe, reporter)
    if needs_calibration(recipe) and not sequences.numel():
        raise ValueError(f"{recipe} needs calibration text")
    total = len(work.blocks) * (2 if "owl" in recipe.modifiers else 1)
    sparsities = _sparsities(work, sequences, gains)
    inputs = None
    if work.needs != "nothing":
        inputs = capture_inputs(model, work.blocks, sequences, reporter.check)
    tensors: dict[str, Tensor] = {}
    counts: list[BlockSparsity] = []
    notes = _origin(work)
    for block, sparsity in zip(work.blocks, sparsities, strict=True):
        done = total - len(work.blocks) + block.index
        reporter.progress(f"block {block.index + 1} of {len(work.blocks)}", done, total)
        reporter.pause()
        with weights_resident(block.module):
            changed: dict[str, Tensor] = {}
            noted: list[str] = []
            if block.index not in recipe.kept:
                changed, noted = _compressed_block(work, block, sparsity, inputs)
            if inputs is not None and block is not work.blocks[-1]:
                with exchanged_weights(model, changed):
                    inputs.advance(block, reporter.check)
        if block.index in recipe.kept:
            dense = BlockSparsity(block=block.index, zeros=0, weights=_weights(work, block))
            counts.append(dense)
        else:
            weights = [matrix.name for matrix in work.matrices[block.index]]
            counts.append(_count_zeros(block, [changed[one] for one in weights if one in changed]))
        tensors |= {name: tensor.cpu() for name, tensor in changed.items()}
        notes += noted
    reporter.progress("done", total, total)
    return Compressed(tensors, tuple(counts), tuple(notes))


def _origin(work: _Work) -> list[str]:
    """Notes that name the package of a method that isn't ours, and how many matrices have biases
    where biases are changed."""
    package, notes = outside_package(work.recipe.method), []
    if package is not None:
        notes.append(f"{work.recipe.method} is a method of the package {package}")
    if "bias" in work.recipe.modifiers:
        every = [matrix for inside in work.matrices.values() for matrix in inside]
        notes.append(f"+bias: {sum(map(has_bias, every))} of {len(every)} matrices have one")
    return notes


def _prepared(model: PreTrainedModel, recipe: Recipe, reporter: Reporter) -> _Work:
    method = method_of(recipe)
    if method.compress is None:
        raise ValueError(f"{recipe} is finished; there is nothing to compress")
    blocks = decoder_blocks(model)
    shared = tied_parameters(model)
    matrices = {block.index: prunable(block, shared=shared) for block in blocks}
    if missing := [block for block in recipe.kept if block >= len(blocks)]:
        raise UserError(
            f"{recipe} leaves block {missing[0]} dense, and the model has {len(blocks)} blocks",
            f"Blocks are numbered from 0 to {len(blocks) - 1}.",
        )
    for inside in matrices.values():
        _check_shapes(inside, recipe)
    needs = _needs(recipe, method)
    if "bias" in recipe.modifiers and not has_biases(model):
        raise UserError(
            f"no layer in the blocks of {type(model).__name__} has a bias: {recipe} can't be made",
            "Leave out +bias.",
        )
    return _Work(model, recipe, method, method.compress, needs, blocks, matrices, reporter)


def _needs(recipe: Recipe, method: Method) -> Needs:
    """What must be known of the inputs of a block while it is compressed."""
    if "swaps" in recipe.modifiers:
        return "gram"
    return "norms" if method.needs == "nothing" and "bias" in recipe.modifiers else method.needs


def _sparsities(work: _Work, sequences: Tensor, gains: Sequence[float]) -> list[float]:
    """The share of zeros asked of every block."""
    target, count = work.recipe.target_sparsity, len(work.blocks)
    if looks_at_answers(work.recipe):
        if len(gains) != count:
            raise ValueError(f"{work.recipe} needs the gold sensitivity of every block")
        if "shuffled" in work.recipe.modifiers:
            gains = shuffled_gains(gains, SHUFFLE_SEED)
        return gold_sparsities(target, gains, [_weights(work, block) for block in work.blocks])
    if "linear" in work.recipe.modifiers:
        return linear_sparsities(target, count)
    if "owl" not in work.recipe.modifiers:
        return [target] * count

    def on_block(block: Block) -> None:
        text = f"outliers of block {block.index + 1} of {count}"
        work.reporter.progress(text, block.index, 2 * count)
        work.reporter.pause()

    check = work.reporter.check
    inputs = capture_inputs(work.model, work.blocks, sequences, check)
    shares = outlier_shares(inputs, work.blocks, work.matrices, on_block, check)
    return owl_sparsities(target, shares)


def _weights(work: _Work, block: Block) -> int:
    return sum(matrix.weight.numel() for matrix in work.matrices[block.index])


def _check_shapes(matrices: list[Prunable], recipe: Recipe) -> None:
    if not isinstance(recipe.amount, Pattern):
        return
    for matrix in matrices:
        if matrix.in_features % recipe.amount.of:
            plain = Sparsity(recipe.target_sparsity)
            raise UserError(
                f"{matrix.name} has {matrix.in_features} input features, which is not a multiple "
                f"of {recipe.amount.of}: {recipe} can't be made",
                "choose an M of N:M that divides every layer's input features, "
                f"or a plain sparsity such as {recipe.method}:{plain}",
            )


def _compressed_block(
    work: _Work, block: Block, sparsity: float, inputs: BlockInputs | None
) -> tuple[dict[str, Tensor], list[str]]:
    """The block's new parameters by full name, and notes."""
    matrices = work.matrices[block.index]
    compensated = "bias" in work.recipe.modifiers
    statistics = BlockStatistics(keep_inputs=work.needs == "gram", means=compensated)
    if inputs is not None:
        with statistics.collecting(matrices):
            for _ in inputs.run(block, work.reporter.check):
                pass
    changed: dict[str, Tensor] = {}
    notes: list[str] = []
    for matrix in matrices:
        known = statistics.of.pop(matrix.name, [])
        if inputs is not None and not known:
            notes.append(f"{matrix.name}: no calibration token came by; left as it was")
            continue
        mean = known[0].mean if compensated and known and has_bias(matrix) else None
        changed[matrix.name], noted = _compressed_parameter(work, matrix, known, sparsity)
        notes += noted
        if mean is not None:
            changed[bias_name(matrix)] = made_up_bias(matrix, changed[matrix.name], mean)
    return changed, notes


def _compressed_parameter(
    work: _Work, matrix: Prunable, statistics: list[InputStatistics], sparsity: float
) -> tuple[Tensor, list[str]]:
    """The new parameter in its own shape and dtype, and notes.

    Statistics are let go as they are used.
    """
    new = copy_weight(matrix.module, matrix.parameter)
    experts_by_note: dict[str, list[int]] = {}
    for index, stored in enumerate(matrix.matrices(new)):
        work.reporter.check()
        key = matrix.name if matrix.experts is None else f"{matrix.name}[{index}]"
        known = statistics.pop(0) if statistics else None
        weight = stored.float().contiguous()
        result = work.compress(weight, known, Target(work.recipe, sparsity, key))
        if "swaps" in work.recipe.modifiers and known is not None:
            amount = work.recipe.amount
            of = amount.of if isinstance(amount, Pattern) else None
            gone = refine(weight, result.weight == 0, known.gram, of, work.reporter.check)
            result = work.method.apply(weight, known, gone)
        stored.copy_(result.weight)
        for note in (known.note if known else "", result.note):
            if note:
                experts_by_note.setdefault(note, []).append(index)
    return new, [f"{_named(matrix, which)}: {note}" for note, which in experts_by_note.items()]


def _named(matrix: Prunable, which: list[int]) -> str:
    if matrix.experts is None:
        return matrix.name
    return f"{matrix.name} of expert {', '.join(map(str, which))}"


def _count_zeros(block: Block, changed: list[Tensor]) -> BlockSparsity:
    weights = sum(tensor.numel() for tensor in changed)
    zeros = sum(int((tensor == 0).sum()) for tensor in changed)
    return BlockSparsity(block=block.index, zeros=zeros, weights=weights)

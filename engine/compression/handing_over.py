"""A recipe as other tools take it: calibration text, and the configurations of llm-compressor and
GPTQModel."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.methods.amounts import Bits, Pattern, Sparsity
from engine.methods.kernels.hessian import DAMPING
from engine.models.structure import decoder_blocks, prunable
from engine.records.manifest import BlockSparsity
from engine.records.recipes import Recipe

MODIFIERS = {"sparsegpt": "SparseGPTModifier", "wanda": "WandaPruningModifier"}
"""llm-compressor's names of methods."""

ELSEWHERE = frozenset(("swaps", "bias"))
"""Modifiers that no other tool has, and that change what is left of a block."""

DIGITS = 4
"""Of a sparsity."""

GPTQMODEL_BITS = (2, 3, 4, 8)
GPTQMODEL_GROUPS = (16, 32, 64, 128, 256, 512, 1024)
"""What GPTQModel takes; a group of -1 is a whole row."""


def calibration_lines(sequences: Tensor, tokenizer: PreTrainedTokenizerBase) -> str:
    """Calibration sequences `(sequences, tokens)` as JSON Lines with a field `text`.

    Special tokens are written out: a tokenizer that is to read the text again adds none.
    """
    texts = [str(tokenizer.decode(row)) for row in sequences.tolist()]
    return "".join(f"{json.dumps({'text': text}, ensure_ascii=False)}\n" for text in texts)


def compressor_recipe(
    model: PreTrainedModel, recipe: Recipe, blocks: Sequence[BlockSparsity]
) -> str | None:
    """A recipe file of llm-compressor, with the sparsity of every block; None where it has no such
    method, amount or modifier.
    """
    name = MODIFIERS.get(recipe.method)
    if not ELSEWHERE.isdisjoint(recipe.modifiers):
        return None
    if name is None or not isinstance(recipe.amount, Sparsity | Pattern) or not blocks:
        return None
    amount = recipe.amount
    # There, N of every M are set to zero.
    structure = f"{amount.of - amount.kept}:{amount.of}" if isinstance(amount, Pattern) else "0:0"
    sparsities = ", ".join(f"{round(block.sparsity, DIGITS)}" for block in blocks)
    inside = _blocks_name(model)
    return "\n".join(
        (
            "pruning_stage:",
            "  pruning_modifiers:",
            f"    {name}:",
            f"      sparsity: [{sparsities}]",
            f'      mask_structure: "{structure}"',
            f"      targets: ['re:{inside}\\.\\d+$']",
            "      ignore: ['re:.*lm_head']",
            "",
        )
    )


def gptqmodel_arguments(model: PreTrainedModel, recipe: Recipe) -> str | None:
    """The arguments of GPTQModel's `QuantizeConfig` as JSON; None where it has no such method or
    amount.

    Blocks that are left dense stand under `dynamic`: a key that begins with "-:" is a regular
    expression, and modules are skipped whose full name it matches from the beginning. The rest
    says what GPTQ is here: columns in their order, a block's statistics before any of its matrices
    is changed, a grid from the least to the greatest weight, which `gptq_v2` can store.
    """
    amount = recipe.amount
    if recipe.method != "gptq" or not isinstance(amount, Bits):
        return None
    if amount.bits not in GPTQMODEL_BITS or not _takes_group(model, amount.group):
        return None
    arguments: dict[str, object] = {
        "bits": amount.bits,
        "group_size": amount.group or -1,
        "sym": False,
        "desc_act": False,
        "act_group_aware": False,
        "true_sequential": False,
        "damp_percent": DAMPING,
        "format": "gptq_v2",
    }
    if recipe.kept:
        numbers = "|".join(map(str, recipe.kept))
        arguments["dynamic"] = {f"-:^{_blocks_name(model)}\\.({numbers})\\.": {}}
    return f"{json.dumps(arguments, indent=2)}\n"


def _takes_group(model: PreTrainedModel, group: int | None) -> bool:
    """Whether every row can be split into such groups, and GPTQModel knows their size."""
    if group is None:
        return True
    matrices = (matrix for block in decoder_blocks(model) for matrix in prunable(block))
    return group in GPTQMODEL_GROUPS and all(one.in_features % group == 0 for one in matrices)


def _blocks_name(model: PreTrainedModel) -> str:
    """The name of the list of blocks, as part of a regular expression: `model\\.layers`."""
    return re.escape(decoder_blocks(model)[0].name.rpartition(".")[0])

"""A recipe as other tools take it: calibration text, and llm-compressor's recipe file."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.methods.amounts import Pattern, Sparsity
from engine.models.structure import decoder_blocks
from engine.records.manifest import BlockSparsity
from engine.records.recipes import Recipe

MODIFIERS = {"sparsegpt": "SparseGPTModifier", "wanda": "WandaPruningModifier"}
"""llm-compressor's names of methods."""

DIGITS = 4
"""Of a sparsity."""


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
    method or amount.
    """
    name = MODIFIERS.get(recipe.method)
    if name is None or not isinstance(recipe.amount, Sparsity | Pattern) or not blocks:
        return None
    amount = recipe.amount
    # There, N of every M are set to zero.
    structure = f"{amount.of - amount.kept}:{amount.of}" if isinstance(amount, Pattern) else "0:0"
    sparsities = ", ".join(f"{round(block.sparsity, DIGITS)}" for block in blocks)
    inside = re.escape(decoder_blocks(model)[0].name.rpartition(".")[0])
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

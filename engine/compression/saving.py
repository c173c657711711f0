"""A compressed variant as a checkpoint that transformers loads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.files import directory_written_atomically
from engine.methods.recipes import parse_recipe
from engine.models.weights import exchanged_weights
from engine.models.writing import system_errors
from engine.records.errors import UserError
from engine.records.manifest import Manifest
from engine.system_errors import refusal


def save_checkpoint(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    tensors: Mapping[str, Tensor],
    directory: Path,
    manifest: Manifest,
    beside: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write the model with the weights in `tensors` (by full parameter name) to a directory.

    `beside` are texts that are written as well, by file name.

    The directory appears when everything is written. Its model card holds the recipe and the
    manifest.

    Raises:
        UserError: the directory is there and not empty, or can't be written.
    """
    require_free(directory)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with system_errors(), directory_written_atomically(directory) as scratch:
            with exchanged_weights(model, tensors):
                model.save_pretrained(scratch)
            tokenizer.save_pretrained(scratch)
            for name, text in {**beside, "README.md": model_card(manifest)}.items():
                (scratch / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"the checkpoint can't be written to {directory}: {refusal(error)}",
            "Choose a directory on a disk with enough room that you may write to.",
            status=1,
        ) from error


def require_free(directory: Path) -> None:
    """Check that a checkpoint may be written here, before it is made.

    Raises:
        UserError: something is there already.
    """
    if directory.is_dir() and not any(directory.iterdir()):
        return
    if directory.exists():
        raise UserError(
            f"{directory} is there already", "choose a new or an empty directory for the checkpoint"
        )


def model_card(manifest: Manifest) -> str:
    """The checkpoint's README.md: how it was made, and the whole manifest as JSON."""
    source = manifest.model.name if manifest.model else manifest.settings.model
    lines = [
        "---",
        "library_name: transformers",
        f"base_model: {json.dumps(source)}",
        "tags: [compressed, illusion-tui]",
        "---",
        "",
        "# A compressed checkpoint",
        "",
        "Made by illusion-tui. What was done to the model:",
        "",
    ]
    for variant in manifest.variants:
        recipe = parse_recipe(variant.name)
        lines.append(f"- recipe: `{recipe}`")
        if variant.blocks:
            lines.append(
                f"- zeros in the linear layers of the decoder blocks: "
                f"{variant.achieved_sparsity:.2%} (asked for: {recipe.target_sparsity:.2%})"
            )
        lines += [f"- {note}" for note in variant.notes]
    if manifest.calibration:
        record = manifest.calibration
        lines.append(
            f"- calibration: {json.dumps(record.source)}, {record.sequences} × {record.tokens} "
            f"tokens, seed {record.seed}, SHA-256 of the token ids `{record.hash}`"
        )
    lines += [
        "",
        "Zeros without a regular pattern save neither time nor memory by themselves: the weights "
        "are stored and multiplied as dense matrices.",
        "",
        "## Manifest",
        "",
        "```json",
        msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode(),
        "```",
        "",
    ]
    return "\n".join(lines)

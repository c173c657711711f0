"""The options that say what makes a variant, of which items, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tui.options import completion
from tui.options.registry_help import METHODS, RECIPES

PANELS = MODEL, COMPRESSION, ITEMS, ANSWERS, RUN = (
    "Model",
    "Compression",
    "Items",
    "Answers",
    "Run",
)

DEFAULT_METHOD = "wanda"
DEFAULT_SPARSITY = "0.45"
DEFAULT_LANGUAGE = "en"
DEFAULT_LIMIT = 60
"""Of the best-known capitals, without --items and --language."""


def option(*names: str, panel: str, help: str, default: str = "", **more: Any) -> Any:
    """A Typer option of a panel, whose help tells the default that is filled in later."""
    # None stands for "not given", so that Typer can't know the default.
    shown = rf"{help} [dim]\[default {default}][/dim]" if default else help
    return typer.Option(*names, rich_help_panel=panel, help=shown, show_default=False, **more)


class ModelOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """What makes a variant, and where. None stands for "not given"."""

    model: Annotated[
        str | None,
        option(
            "--model",
            "-m",
            panel=MODEL,
            default="smollm2",
            metavar="MODEL",
            help="Alias (smollm2, qwen, mistral, phi, …), Hub id, local directory or GGUF file.",
            autocompletion=completion.models,
        ),
    ] = None
    revision: Annotated[
        str | None,
        option("--revision", panel=MODEL, metavar="REV", help="Revision of a Hub model."),
    ] = None
    dtype: Annotated[
        str | None,
        option(
            "--dtype",
            panel=MODEL,
            default="auto",
            metavar="DTYPE",
            help="auto, float32, bfloat16 or float16.",
        ),
    ] = None
    device: Annotated[
        str | None,
        option(
            "--device",
            panel=MODEL,
            default="auto",
            metavar="DEVICE",
            help="auto, cpu, cuda, cuda:1, mps, xpu, …",
        ),
    ] = None
    max_memory: Annotated[
        float | None,
        option(
            "--max-memory",
            panel=MODEL,
            default="all",
            metavar="GIB",
            min=0.0,
            help="Use at most so much of the device's memory for weights.",
        ),
    ] = None
    trust_remote_code: Annotated[
        bool | None,
        option(
            "--trust-remote-code",
            panel=MODEL,
            default="no",
            help="Run code that the model's repository brings.",
        ),
    ] = None
    sparsity: Annotated[
        list[str] | None,
        option(
            "--sparsity",
            "-s",
            panel=COMPRESSION,
            default=DEFAULT_SPARSITY,
            metavar="S,…",
            help="Share of weights set to zero (0.7), or N:M with N kept of every M (2:4 keeps two "
            "of every four). Several, separated by commas, make several variants.",
        ),
    ] = None
    method: Annotated[
        str | None,
        option(
            "--method",
            panel=COMPRESSION,
            default=DEFAULT_METHOD,
            metavar="METHOD",
            help=f"{METHODS}.",
            autocompletion=completion.methods,
        ),
    ] = None
    recipe: Annotated[
        list[str] | None,
        option(
            "--recipe",
            "-r",
            panel=COMPRESSION,
            metavar="RECIPE",
            help=f"The whole recipe, in place of --sparsity and --method: {RECIPES}. "
            "Repeat for several variants.",
            autocompletion=completion.recipes,
        ),
    ] = None
    calibration: Annotated[
        str | None,
        option(
            "--calibration",
            panel=COMPRESSION,
            default="auto",
            metavar="SOURCE",
            help="auto (text sampled from the dense model), chat (sampled in its chat template), "
            "items (half of the items with their gold answers), a text file, c4 or wikitext; "
            "several joined by a plus (auto+items) in equal parts.",
        ),
    ] = None
    calibration_sequences: Annotated[
        int | None,
        option(
            "--calibration-sequences",
            panel=COMPRESSION,
            default="16",
            metavar="N",
            min=1,
            help="Sequences of calibration text.",
        ),
    ] = None
    calibration_tokens: Annotated[
        int | None,
        option(
            "--calibration-tokens",
            panel=COMPRESSION,
            default="512",
            metavar="N",
            min=1,
            help="Tokens in each of them.",
        ),
    ] = None
    seed: Annotated[
        int | None,
        option(
            "--seed",
            panel=RUN,
            default="0",
            metavar="N",
            min=0,
            help="Of the subset, the distractors, the calibration and sampling.",
        ),
    ] = None
    engine: Annotated[
        str | None,
        option(
            "--engine",
            panel=RUN,
            default="this machine",
            metavar="COMMAND",
            help="Command that reaches the engine: 'ssh gpubox illusion-engine'. Paths are then "
            "that machine's, but for a file of items.",
        ),
    ] = None
    config: Annotated[
        Path | None,
        option(
            "--config",
            panel=RUN,
            metavar="FILE",
            help="Config file, in place of the one that 'doctor' names.",
        ),
    ] = None


class ItemOptions(ModelOptions, frozen=True, kw_only=True):
    """Which items, beside what makes a variant: some recipes look at half of them."""

    items: Annotated[
        str | None,
        option(
            "--items",
            "-i",
            panel=ITEMS,
            default="capitals",
            metavar="ITEMS",
            help="A file (.jsonl .csv .parquet), a sample, BENCHMARK:LANGUAGE or BENCHMARK:FILE; "
            "'illusion-tui items' lists them.",
            autocompletion=completion.items,
        ),
    ] = None
    language: Annotated[
        list[str] | None,
        option(
            "--language",
            "-l",
            panel=ITEMS,
            default="all; en without --items",
            metavar="TAG,…",
            help="Only items in these languages.",
        ),
    ] = None
    limit: Annotated[
        int | None,
        option(
            "--limit",
            "-n",
            panel=ITEMS,
            default="all; 60 without --items",
            metavar="N",
            min=1,
            help="At most so many items per language.",
        ),
    ] = None

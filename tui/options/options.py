"""The options that commands share, and what the config file may set as defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from engine.records.decodings.registry import short_forms
from engine.records.settings import JudgeRule, Normalisation, PromptStyle
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


def _option(*names: str, panel: str, help: str, default: str = "", **more: Any) -> Any:
    # None stands for "not given", so that Typer can't know the default.
    shown = rf"{help} [dim]\[default {default}][/dim]" if default else help
    return typer.Option(*names, rich_help_panel=panel, help=shown, show_default=False, **more)


class ModelOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """What makes a variant, and where. None stands for "not given"."""

    model: Annotated[
        str | None,
        _option(
            "--model",
            "-m",
            panel=MODEL,
            default="smollm2",
            metavar="MODEL",
            help="Alias (smollm2, qwen, mistral, phi, …), Hub id, local directory or GGUF file.",
        ),
    ] = None
    revision: Annotated[
        str | None,
        _option("--revision", panel=MODEL, metavar="REV", help="Revision of a Hub model."),
    ] = None
    dtype: Annotated[
        str | None,
        _option(
            "--dtype",
            panel=MODEL,
            default="auto",
            metavar="DTYPE",
            help="auto, float32, bfloat16 or float16.",
        ),
    ] = None
    device: Annotated[
        str | None,
        _option(
            "--device",
            panel=MODEL,
            default="auto",
            metavar="DEVICE",
            help="auto, cpu, cuda, cuda:1, …",
        ),
    ] = None
    max_memory: Annotated[
        float | None,
        _option(
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
        _option(
            "--trust-remote-code",
            panel=MODEL,
            default="no",
            help="Run code that the model's repository brings.",
        ),
    ] = None
    sparsity: Annotated[
        list[str] | None,
        _option(
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
        _option(
            "--method",
            panel=COMPRESSION,
            default=DEFAULT_METHOD,
            metavar="METHOD",
            help=f"{METHODS}.",
        ),
    ] = None
    recipe: Annotated[
        list[str] | None,
        _option(
            "--recipe",
            "-r",
            panel=COMPRESSION,
            metavar="RECIPE",
            help=f"The whole recipe, in place of --sparsity and --method: {RECIPES}. "
            "Repeat for several variants.",
        ),
    ] = None
    calibration: Annotated[
        str | None,
        _option(
            "--calibration",
            panel=COMPRESSION,
            default="auto",
            metavar="SOURCE",
            help="auto (text sampled from the dense model), a text file, c4 or wikitext.",
        ),
    ] = None
    calibration_sequences: Annotated[
        int | None,
        _option(
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
        _option(
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
        _option(
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
        _option(
            "--engine",
            panel=RUN,
            default="this machine",
            metavar="COMMAND",
            help="Command that reaches the engine: 'ssh gpubox illusion-engine'. Paths are then "
            "that machine's.",
        ),
    ] = None
    config: Annotated[
        Path | None,
        _option(
            "--config",
            panel=RUN,
            metavar="FILE",
            help="Config file, in place of the one that 'doctor' names.",
        ),
    ] = None


class RunOptions(ModelOptions, frozen=True, kw_only=True):
    """What a run does: the common options of the inspector and of `score`."""

    against: Annotated[
        str | None,
        _option(
            "--against",
            panel=COMPRESSION,
            default="dense",
            metavar="RECIPE",
            help="Compare with this variant in place of the dense model.",
        ),
    ] = None
    items: Annotated[
        str | None,
        _option(
            "--items",
            "-i",
            panel=ITEMS,
            default="capitals",
            metavar="ITEMS",
            help="A file (.jsonl .csv .parquet), a sample, BENCHMARK:LANGUAGE or BENCHMARK:FILE; "
            "'illusion-tui items' lists them.",
        ),
    ] = None
    language: Annotated[
        list[str] | None,
        _option(
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
        _option(
            "--limit",
            "-n",
            panel=ITEMS,
            metavar="N",
            min=1,
            help="At most so many items per language.",
        ),
    ] = None
    closed_book: Annotated[
        bool | None,
        _option(
            "--closed-book/--open-book", panel=ITEMS, default="open", help="Withhold the passage."
        ),
    ] = None
    prompt: Annotated[
        PromptStyle | None,
        _option(
            "--prompt",
            panel=ANSWERS,
            default="auto",
            metavar="STYLE",
            help="How an item is put to the model: begun (the stem begins the assistant's turn), "
            "completion (the stem alone), chat, question, or auto.",
        ),
    ] = None
    choice: Annotated[
        Normalisation | None,
        _option(
            "--choice",
            panel=ANSWERS,
            default="sum",
            metavar="BY",
            help="How the log-likelihoods of options are compared: sum, token or byte.",
        ),
    ] = None
    judge: Annotated[
        JudgeRule | None,
        _option(
            "--judge",
            panel=ANSWERS,
            default="containment",
            metavar="RULE",
            help="What makes an open answer right: containment, exact or f1.",
        ),
    ] = None
    letters: Annotated[
        bool | None,
        _option(
            "--letters/--no-letters",
            panel=ANSWERS,
            default="no",
            help="Ask for the option's letter as well.",
        ),
    ] = None
    shown_candidates: Annotated[
        bool | None,
        _option(
            "--shown-candidates/--no-shown-candidates",
            panel=ANSWERS,
            default="yes",
            help="Generate with the options listed in the prompt as well.",
        ),
    ] = None
    answer_tokens: Annotated[
        int | None,
        _option(
            "--answer-tokens",
            panel=ANSWERS,
            default="24",
            metavar="N",
            min=1,
            help="Longest open answer.",
        ),
    ] = None
    recover: Annotated[
        list[str] | None,
        _option(
            "--recover",
            panel=ANSWERS,
            metavar="D,…",
            help=f"Re-decode every recognition-only item: by {short_forms()}, or by several, "
            "separated by commas.",
        ),
    ] = None
    recover_filter: Annotated[
        str | None,
        _option(
            "--recover-filter",
            panel=ANSWERS,
            default="outcome:recognition-only",
            metavar="EXPR",
            help="Re-decode the items that this filter holds for instead.",
        ),
    ] = None
    floor: Annotated[
        bool | None,
        _option(
            "--floor/--no-floor",
            panel=ANSWERS,
            default="no",
            help="Score the reference twice with other batches, to see the flips that are not the "
            "compression's.",
        ),
    ] = None
    batch_size: Annotated[
        int | None,
        _option(
            "--batch-size",
            panel=RUN,
            default="16",
            metavar="N",
            min=1,
            help="Items scored at a time.",
        ),
    ] = None
    out: Annotated[
        Path | None,
        _option(
            "--out",
            "-o",
            panel=RUN,
            default="chosen from the settings",
            metavar="RUN",
            help="Run directory. One that holds a run of the same settings is continued.",
        ),
    ] = None


NOT_IN_CONFIG = frozenset({"config", "out", "engine", "recover_filter"})
"""Options that are of one call, or that have a place of their own in the config file."""

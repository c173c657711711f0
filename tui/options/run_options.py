"""The options of a run, which the inspector and `score` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from engine.records.decodings.registry import short_forms
from engine.records.settings import JudgeRule, Normalisation, PromptStyle
from tui.options.options import (
    ANSWERS,
    COMPRESSION,
    ITEMS,
    RUN,
    ItemOptions,
    option,
)


class RunOptions(ItemOptions, frozen=True, kw_only=True):
    """What a run does: the common options of the inspector and of `score`."""

    against: Annotated[
        str | None,
        option(
            "--against",
            panel=COMPRESSION,
            default="dense",
            metavar="RECIPE",
            help="Compare with this variant in place of the dense model.",
        ),
    ] = None
    closed_book: Annotated[
        bool | None,
        option(
            "--closed-book/--open-book", panel=ITEMS, default="open", help="Withhold the passage."
        ),
    ] = None
    prompt: Annotated[
        PromptStyle | None,
        option(
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
        option(
            "--choice",
            panel=ANSWERS,
            default="sum",
            metavar="BY",
            help="How the log-likelihoods of options are compared: sum, token or byte.",
        ),
    ] = None
    judge: Annotated[
        JudgeRule | None,
        option(
            "--judge",
            panel=ANSWERS,
            default="containment",
            metavar="RULE",
            help="What makes an open answer right: containment, exact or f1.",
        ),
    ] = None
    letters: Annotated[
        bool | None,
        option(
            "--letters/--no-letters",
            panel=ANSWERS,
            default="no",
            help="Ask for the option's letter as well.",
        ),
    ] = None
    shown_candidates: Annotated[
        bool | None,
        option(
            "--shown-candidates/--no-shown-candidates",
            panel=ANSWERS,
            default="yes",
            help="Generate with the options listed in the prompt as well.",
        ),
    ] = None
    answer_tokens: Annotated[
        int | None,
        option(
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
        option(
            "--recover",
            panel=ANSWERS,
            metavar="D,…",
            help="Re-decode every recognition-only item, and for comparison as many that neither "
            f"model answers: by {short_forms()}, or by several, separated by commas.",
        ),
    ] = None
    recover_filter: Annotated[
        str | None,
        option(
            "--recover-filter",
            panel=ANSWERS,
            default="outcome:recognition-only",
            metavar="EXPR",
            help="Re-decode the items that this filter holds for instead.",
        ),
    ] = None
    floor: Annotated[
        bool | None,
        option(
            "--floor/--no-floor",
            panel=ANSWERS,
            default="no",
            help="Score the reference twice with other batches, to see the flips that are not the "
            "compression's.",
        ),
    ] = None
    batch_size: Annotated[
        int | None,
        option(
            "--batch-size",
            panel=RUN,
            default="32",
            metavar="N",
            min=1,
            help="Items scored at a time; more are faster where there is the memory.",
        ),
    ] = None
    out: Annotated[
        Path | None,
        option(
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

"""Which items of a run recovery is tried on, and which are its control."""

from __future__ import annotations

import hashlib
from collections import Counter

import polars as pl

from engine.analysis.filters import parse_filter
from engine.analysis.metrics.registry import columns_by_hand, columns_of_redecodes
from engine.records.errors import UserError
from engine.records.settings import RECOGNITION_ONLY, Settings


def parse_recover_filter(text: str) -> pl.Expr:
    """Read a filter of items to be recovered.

    Raises:
        UserError: it can't be understood, or asks for what only recovery tells.
    """
    expression = parse_filter(text)
    asked_for = expression.meta.root_names()
    if noted := [name for name in asked_for if name in columns_by_hand()]:
        raise UserError(
            f"--recover-filter '{text}' asks for {noted[0]}, which a person notes later",
            "Choose the items by what is known when they are scored.",
        )
    asked = [name for name in asked_for if name in columns_of_redecodes()]
    if asked:
        raise UserError(
            f"--recover-filter '{text}' asks for {asked[0]}, which only recovery can tell",
            "Choose the items by what is known when they are scored.",
        )
    return expression


def recoverable(frame: pl.DataFrame, settings: Settings) -> set[str]:
    """Ids of the items in a frame of `engine.analysis.frame` that recovery is tried on."""
    return set(frame.filter(parse_recover_filter(settings.recover_filter))["item_id"])


def control(frame: pl.DataFrame, settings: Settings) -> set[str]:
    """Ids of the items that recovery is tried on for comparison.

    Neither model answers them: what a decoding brings up there, it brings up without anything that
    was demoted. They are drawn by the run's seed, of each language as many as it has items to be
    recovered, or all there are: of a language that a model can't write, nothing comes back.
    """
    wanted = recoverable(frame, settings)
    rows = frame.select("item_id", "language", "outcome").iter_rows()
    room: Counter[str] = Counter()
    never = []
    for item_id, language, outcome in rows:
        if item_id in wanted:
            room[language] += 1
        elif outcome == "never":
            drawn = hashlib.sha256(f"{settings.seed} {item_id}".encode()).hexdigest()
            never.append((drawn, language, item_id))
    chosen = set()
    for _, language, item_id in sorted(never):
        if room[language]:
            room[language] -= 1
            chosen.add(item_id)
    return chosen


def recoverable_text(settings: Settings) -> str:
    """What the items are called that recovery is tried on: "recognition-only items"."""
    if settings.recover_filter == RECOGNITION_ONLY:
        return "recognition-only items"
    return f"items with {settings.recover_filter}"

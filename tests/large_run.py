"""Runs of any size: the items of a small real run, written again and again under other ids."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from engine.records.items import Item
from engine.records.scores import GoldScore, Score, ScoredItem
from engine.runs.log import RunLog, items_hash
from engine.runs.reading import read_manifest, read_run

SMALL_RUN = Path(__file__).parent / "data" / "run-0.1" / "run"
BATCH = 500
DIGITS = string.digits + string.ascii_lowercase
_MARK = re.compile(f"#([{DIGITS}]{{4}})")


def write_large_run(directory: Path, count: int) -> None:
    """Write a run of so many items, all of them scored, by the project's own writer.

    Items are numbered from 1; every question begins with a mark of its own, see `question_mark`.
    """
    manifest = read_manifest(SMALL_RUN)
    originals = _originals()
    items = [_item(originals, number) for number in range(1, count + 1)]
    record = replace(manifest.items, hash=items_hash(items), count=count)
    settings = replace(manifest.settings, limit=None)
    scored = scored_items(count)
    with RunLog.open(directory, replace(manifest, items=record, settings=settings), items) as log:
        while batch := list(islice(scored, BATCH)):
            log.append_scored(batch)


def scored_items(count: int) -> Iterator[ScoredItem]:
    """The run's items, numbers 1 to `count`: those of the small run, scored otherwise."""
    originals = _originals()
    for number in range(1, count + 1):
        original = originals[(number - 1) % len(originals)]
        generator = random.Random(number)
        yield replace(
            original,
            item=_item(originals, number),
            scores={name: _varied(score, generator) for name, score in original.scores.items()},
        )


def _originals() -> list[ScoredItem]:
    return list(read_run(SMALL_RUN).scored.values())


def question_mark(number: int) -> str:
    """What only the question of this item begins with: five characters, seen in narrow columns."""
    digits = ""
    for _ in range(4):
        number, digit = divmod(number, 36)
        digits = f"{DIGITS[digit]}{digits}"
    return f"#{digits}"


def marked_numbers(text: str) -> list[int]:
    """The numbers of the items whose marks are in a text."""
    return [int(digits, 36) for digits in _MARK.findall(text)]


def _item(originals: list[ScoredItem], number: int) -> Item:
    original = originals[(number - 1) % len(originals)].item
    mark = question_mark(number)
    return replace(
        original,
        id=f"{original.id}-{number:07}",
        question=f"{mark} {original.question}",
        stem=None if original.stem is None else f"{mark} {original.stem}",
    )


def _varied(score: Score, generator: random.Random) -> Score:
    if score.gold is None:
        return score
    first, *rest = score.gold.tokens
    token = replace(
        first,
        rank=first.rank + generator.randrange(4) * (first.rank > 1),
        probability=first.probability * generator.uniform(0.5, 1.0),
    )
    gold = GoldScore(answer=score.gold.answer, tokens=(token, *rest), top=score.gold.top)
    return replace(score, gold=gold)

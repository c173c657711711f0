"""A few runs in a user's directory, for the tests of lists and comparisons."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine.records.scores import ScoredItem
from engine.records.settings import Settings
from engine.runs.log import RunLog
from tests.inspector_fixtures import manifest, scored_items
from tests.runs_helpers import make_item, make_manifest, make_score, one_of_each, scored_item
from tests.variant_fixtures import graded_items, graded_manifest

HOUR = 3600


def put_run(
    directory: Path,
    scored: Sequence[ScoredItem],
    *,
    done: int | None = None,
    age_seconds: float = 0,
    **settings: object,
) -> Path:
    """A run on disk, of which so many items are scored, last changed a while ago."""
    items = [one.item for one in scored]
    made = make_manifest(items, Settings(**settings))  # type: ignore[arg-type]  # named by tests
    made = msgspec.structs.replace(made, prompt="begun", dtype="float32")
    with RunLog.open(directory, made, items) as log:
        log.append_scored(scored[:done])
    set_age(directory, age_seconds)
    return directory


def set_age(directory: Path, seconds: float) -> None:
    """Let a run's log be changed so many seconds ago."""
    moment = time.time() - seconds
    os.utime(directory / "log.jsonl", (moment, moment))


def other_answers() -> list[ScoredItem]:
    """The items of `one_of_each` under a better variant, one of them reworded, and a new one."""
    rows = [
        ("kept", "Paris", "It is Paris.", 0),
        ("recognition-only", "Paris!", "Paris", 0),
        ("lost", "Paris", "Paris", 1),
        ("gained", "Oslo", "Lima", 1),
        ("new", "Oslo", "Lima", 0),
    ]
    found = []
    for name, dense, pruned, choice in rows:
        item = make_item(name)
        found.append(
            scored_item(item, make_score(item, dense), make_score(item, pruned, choice=choice))
        )
    reworded = make_item("never", question="Which city?")
    score = make_score(reworded, "Oslo")
    return [*found, scored_item(reworded, score, score)]


def fill_library(runs: Path) -> None:
    """Four runs: of one recipe, of one that isn't finished, of several, and a damaged one."""
    put_run(runs / "first", one_of_each(), age_seconds=3 * HOUR + 60)
    put_run(runs / "second", other_answers(), done=4, judge="exact", age_seconds=50 * HOUR)
    graded = graded_items(hostile=False)
    with RunLog.open(
        runs / "five-recipes", graded_manifest(len(graded)), [one.item for one in graded]
    ) as log:
        log.append_scored(graded)
    set_age(runs / "five-recipes", 5 * HOUR + 60)
    hostile = scored_items(3)
    with RunLog.open(runs / "broken", manifest(len(hostile)), [one.item for one in hostile]) as log:
        log.append_scored(hostile)
    (runs / "broken" / "log.jsonl").write_bytes(b'{"record":"scored"\n')
    set_age(runs / "broken", 100 * HOUR)

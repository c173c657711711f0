"""A saved run that has something to show on stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.analysis.pairing import outcome
from engine.records.decodings.beam import Beam
from engine.records.decodings.sample import Sample
from engine.records.scores import ScoredItem
from engine.runs.log import RunLog
from tests.inspector_fixtures import DENSE, WANDA, manifest, redecode, scored_items


def demoted(scored: Sequence[ScoredItem]) -> list[ScoredItem]:
    """The recognition-only ones."""
    return [
        one for one in scored if outcome(one.scores[DENSE], one.scores[WANDA]) == "recognition-only"
    ]


def staged_run(
    directory: Path, scored: Sequence[ScoredItem] | None = None, *, back: int = 3
) -> list[str]:
    """Write a run in which so many recognition-only items are brought back; returns their ids."""
    scored = scored_items(34) if scored is None else scored
    chosen = demoted(scored)[:back]
    with RunLog.open(directory, manifest(len(scored)), [one.item for one in scored]) as log:
        log.append_scored(scored)
        for one in chosen:
            log.append_redecode(redecode(one, WANDA, Sample()))
            log.append_redecode(redecode(one, WANDA, Beam()))
    return [one.item.id for one in chosen]

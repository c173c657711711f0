"""A run on disk that has something hostile in every text, and everything that a run can have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.records.annotations import NotedRecord, NoteWritten, Overruled, Starred, Tagged
from engine.records.decodings.registry import kinds
from engine.records.hypotheses import Redecode
from engine.records.instruments.instrument import Finding
from engine.records.instruments.registry import instruments
from engine.records.manifest import Manifest
from engine.records.remedies import HELD_OUT, Proof, RemedyReport
from engine.records.scores import ScoredItem
from engine.records.settings import RECOGNITION_ONLY
from engine.runs.annotations import AnnotationLog
from engine.runs.asked import AskedLog
from engine.runs.log import RunLog, items_hash
from engine.runs.remedies import RemedyLog
from tests.harness.infection import Infection
from tests.inspector_fixtures import DENSE, WANDA, finding, manifest, redecode, scored_items
from tests.test_remedies_screen import report

OTHER = "magnitude:0.3"
RECIPES = (WANDA, OTHER)
ITEMS, DECODED = 19, 4
"""So many items, and so many of them decoded again and looked into."""
LONGEST_NAME = 150
"""Bytes of a directory's name."""


@dataclass(frozen=True)
class HostileRun:
    """What is in the files of a run.

    Attributes:
        directory: of the run; its name is hostile as well.
        asked: beside its items.
    """

    directory: Path
    manifest: Manifest
    scored: list[ScoredItem]
    redecodes: list[Redecode]
    findings: list[Finding]
    changes: list[NotedRecord]
    asked: ScoredItem
    remedies: RemedyReport
    proofs: list[Proof]


def infection(seed: int, *, megabyte: float = 0.0) -> Infection:
    """Of a run's records, whose variants stay distinct and whose settings can be read."""
    return Infection(
        seed, kept=(DENSE, RECOGNITION_ONLY, HELD_OUT), recipes=RECIPES, megabyte=megabyte
    )


def benign(directory: Path) -> HostileRun:
    """The same run without anything hostile."""
    asked, *scored = scored_items(ITEMS + 1, RECIPES, hostile=False)
    asked = msgspec.structs.replace(asked, item=msgspec.structs.replace(asked.item, id="asked-1"))
    decoded = scored[:DECODED]
    ids = tuple(one.item.id for one in scored)
    proven = scored_items(8, hostile=False)
    return HostileRun(
        directory=directory,
        manifest=manifest(len(scored), RECIPES),
        scored=scored,
        redecodes=[
            redecode(one, name, decoding)
            for one in decoded
            for name in (DENSE, *RECIPES)
            for decoding in kinds().values()
        ],
        findings=[
            finding(one, name, instrument)
            for one in decoded
            for name in RECIPES
            for instrument in instruments().values()
        ],
        changes=[
            Starred(items=ids[:2], starred=True),
            Tagged(items=ids[:3], add=("loop", "odd")),
            NoteWritten(items=ids[1:4], note="look at this one"),
            Overruled(items=ids[2:4], verdicts={WANDA: True}),
        ],
        asked=asked,
        remedies=report(),
        proofs=[Proof(recipe=WANDA, task=HELD_OUT, scored=one) for one in proven],
    )


def infected(whole: HostileRun, by: Infection) -> HostileRun:
    """The run with something hostile in its texts."""
    scored = [by.record(one) for one in whole.scored]
    made = by.record(whole.manifest)
    items = msgspec.structs.replace(made.items, hash=items_hash(one.item for one in scored))
    return HostileRun(
        directory=whole.directory.with_name(directory_name(by)),
        manifest=msgspec.structs.replace(made, items=items),
        scored=scored,
        redecodes=[by.record(one) for one in whole.redecodes],
        findings=[by.record(one) for one in whole.findings],
        changes=[by.record(one) for one in whole.changes],
        asked=by.record(whole.asked),
        remedies=by.record(whole.remedies),
        proofs=[by.record(one) for one in whole.proofs],
    )


def directory_name(by: Infection) -> str:
    """A hostile name that a directory can have."""
    name = by.text("run").replace("/", "").replace("\0", "").lstrip("-")
    return name.encode()[:LONGEST_NAME].decode(errors="ignore").strip() or "run"


def write(run: HostileRun) -> Path:
    """Put the run on disk."""
    items = [one.item for one in run.scored]
    with RunLog.open(run.directory, run.manifest, items) as log:
        log.append_scored(run.scored)
        for one in run.redecodes:
            log.append_redecode(one)
        log.append_findings(run.findings)
        AskedLog(run.directory).append_scored(run.asked)
        RemedyLog(run.directory).append(*run.proofs, run.remedies)
    notes = AnnotationLog(run.directory)
    for change in run.changes:
        notes.append(change)
    return run.directory


def hostile_run(directory: Path, seed: int, *, megabyte: float = 0.0) -> HostileRun:
    """A hostile run, written in a directory."""
    run = infected(benign(directory / "run"), infection(seed, megabyte=megabyte))
    write(run)
    return run

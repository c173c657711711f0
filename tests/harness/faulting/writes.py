"""Every kind of write to a run, and what must stand on the disk before and after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from engine.analysis.rejudging import read_judged, rejudge
from engine.records.annotations import NoteWritten
from engine.records.decodings.beam import Beam
from engine.records.instruments.depth import Depth
from engine.records.remedies import Trial
from engine.runs.annotations import AnnotationLog, read_annotations
from engine.runs.asked import PREFIX, AskedLog
from engine.runs.log import RunLog
from engine.runs.reading import MANIFEST, Run, read_run
from engine.runs.remedies import RemedyLog
from tests.inspector_fixtures import WANDA, finding, redecode
from tests.runs_helpers import make_item, make_manifest, make_score, one_of_each, scored_item

SCORED = one_of_each()
ITEMS = [one.item for one in SCORED]
TRIAL = Trial(
    recipe="rtn:4",
    open_right=3,
    choice_right=4,
    n=5,
    gold_log_probability=-2.5,
    achieved_sparsity=0.0,
    seconds=1.0,
)


@dataclass(frozen=True)
class Write:
    """Something that is written to a directory.

    Attributes:
        name: in a few words.
        write: writes it; it raises `UserError` where the disk refuses. Done again, it changes
            nothing.
        read: what stands there, as who reads it finds it.
        prepare: makes what must be there before.
        tells: whether who asked is told that the disk refuses; of what is only remembered, nobody.
    """

    name: str
    write: Callable[[Path], object]
    read: Callable[[Path], Any]
    prepare: Callable[[Path], object] = lambda directory: None
    tells: bool = True


# -- a run -------------------------------------------------------------------------------------


def _begin(directory: Path) -> None:
    RunLog.open(directory / "run", make_manifest(ITEMS), ITEMS).close()


def write_run(directory: Path) -> None:
    with RunLog.open(directory / "run", make_manifest(ITEMS), ITEMS) as log:
        log.append_scored(SCORED[len(log.scored) :])


def _part_of_run(directory: Path) -> None:
    with RunLog.open(directory / "run", make_manifest(ITEMS), ITEMS) as log:
        log.append_scored(SCORED[:2])


def _attached(write: Callable[[RunLog], object]) -> Callable[[Path], object]:
    def attached(directory: Path) -> None:
        with RunLog.attach(directory / "run") as log:
            write(log)

    return attached


def read_written(directory: Path) -> Run | None:
    # A directory that has no manifest yet holds no run.
    run = directory / "run"
    return _anywhere(read_run(run)) if (run / MANIFEST).exists() else None


def _anywhere(run: Run) -> Run:
    return msgspec.structs.replace(run, directory=Path())


def _smaller_batches(log: RunLog) -> None:
    log.write_manifest(msgspec.structs.replace(log.manifest, batch_size=2))


def _redecode(log: RunLog) -> None:
    log.append_redecode(redecode(SCORED[1], WANDA, Beam()))


def _findings(log: RunLog) -> None:
    log.append_findings([finding(SCORED[1], WANDA, Depth())])


def _ask(log: RunLog) -> None:
    item = make_item(f"{PREFIX}1")
    AskedLog(log.directory).append_scored(
        scored_item(item, make_score(item, "Paris"), make_score(item, "Rome"))
    )


def _note(directory: Path) -> None:
    AnnotationLog(directory / "run").append(NoteWritten(items=("lost",), note="says Rome"))


def _try_remedy(directory: Path) -> None:
    log = RemedyLog(directory / "run")
    if not log.trials:
        log.append(TRIAL)


RUN_WRITES = (
    Write("a new run", _begin, read_written),
    Write("the log", write_run, read_written, _part_of_run),
    Write("the manifest", _attached(_smaller_batches), read_written, write_run),
    Write("a re-decode", _attached(_redecode), read_written, write_run),
    Write("findings", _attached(_findings), read_written, write_run),
    Write("what was asked", _attached(_ask), lambda one: AskedLog(one / "run").scored, write_run),
    Write("notes", _note, lambda one: read_annotations(one / "run"), write_run),
    Write("tried remedies", _try_remedy, lambda one: RemedyLog(one / "run").trials, write_run),
    Write(
        "other verdicts",
        lambda one: rejudge(one / "run", "exact"),
        lambda one: _anywhere(read_judged(one / "run", "exact")),
        write_run,
    ),
)

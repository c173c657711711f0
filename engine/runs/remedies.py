"""What was tried on a run to bring answers back: a file of its own in the run directory."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.records.decodings.decoding import Decoding
from engine.records.errors import UserError
from engine.records.hypotheses import Redecode
from engine.records.lines import LineDecoder
from engine.records.remedies import (
    HELD_OUT,
    MeasuredText,
    Perplexity,
    Proof,
    Redecoded,
    RemedyQuestion,
    RemedyRecord,
    RemedyReport,
    Trial,
)
from engine.records.scores import Score
from engine.runs.beside import append_records
from engine.runs.reading import Run, is_run, read_manifest
from engine.runs.sealing import opened, run_number

REMEDIES = "remedies.jsonl"
REMOVE = "Remove that file; 'illusion-tui remedy' makes it again."

_records: LineDecoder[RemedyRecord] = LineDecoder(RemedyRecord)


class RemedyLog:
    """The file, in a run directory whose lock is held by who writes.

    Attributes:
        question: the last that was asked; None where nothing was.
        trials: by recipe.
        proofs: by recipe, task and item id.
        redecodes: by recipe, decoding and item id.
        perplexities: by recipe and text.
        report: what the last question came to; None where it isn't answered yet.
    """

    def __init__(self, directory: Path) -> None:
        """Read what is there; a torn last line is left out.

        Raises:
            UserError: a line can't be read; the error names it.
        """
        self._path = directory / REMEDIES
        self.question: RemedyQuestion | None = None
        self.report: RemedyReport | None = None
        self.trials: dict[str, Trial] = {}
        self.proofs: dict[tuple[str, str, str], Proof] = {}
        self.redecodes: dict[tuple[str, Decoding, str], Redecode] = {}
        self.perplexities: dict[tuple[str, MeasuredText], float] = {}
        content = self._path.read_bytes() if self._path.exists() else b""
        self._intact = content.rfind(b"\n") + 1
        self._run = run_number(read_manifest(directory))
        for number, line in enumerate(content[: self._intact].splitlines(), start=1):
            where = f"{self._path} line {number}"
            try:
                self._take(_records.decode(opened(line, where, self._run)))
            except msgspec.DecodeError as error:
                raise UserError(f"{where} is damaged: {error}", REMOVE, status=1) from error
            except UserError as error:
                raise UserError(error.message, REMOVE, status=1) from error

    def append(self, *records: RemedyRecord) -> None:
        """Put records on disk.

        Raises:
            UserError: the disk refuses.
        """
        then = "give the same command again: it continues from here"
        self._intact = append_records(self._path, self._intact, records, self._run, then)
        for record in records:
            self._take(record)

    def _take(self, record: RemedyRecord) -> None:
        match record:
            case RemedyQuestion():
                self.question, self.report = record, None
            case Trial(recipe=recipe):
                self.trials[recipe] = record
            case Proof(recipe=recipe, task=task, scored=scored):
                self.proofs[recipe, task, scored.item.id] = record
            case Redecoded(recipe=recipe, redecode=redecode):
                self.redecodes[recipe, redecode.decoding, redecode.item_id] = redecode
            case Perplexity(recipe=recipe, text=text, value=value):
                self.perplexities[recipe, text] = value
            case RemedyReport():
                self.report = record


def with_remedies(run: Run) -> Run:
    """The run with what the last search for remedies came to, where one is over.

    Raises:
        UserError: its file can't be read; the error names the line.
    """
    here = (run.directory / REMEDIES).exists() and is_run(run.directory, run.manifest)
    log = RemedyLog(run.directory) if here else None
    report = log.report if log else None
    if log is None or report is None:
        return run
    proven: dict[str, dict[str, Score]] = {}
    for recipe in dict.fromkeys(row.recipe for row in report.rows[1:]):
        for item_id in run.scored:
            proof = log.proofs.get((recipe, HELD_OUT, item_id))
            if proof is not None:
                proven.setdefault(item_id, {})[recipe] = proof.scored.scores[recipe]
    return msgspec.structs.replace(run, remedies=report, proven=proven)

"""What a user asked beside the items of a run: a file of its own in the run directory.

Nothing that counts, exports or judges a run reads it, so that no figure can have it in by accident.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.records.hypotheses import Redecode
from engine.records.instruments.instrument import Finding, FindingKey, finding_key
from engine.records.items import Item
from engine.records.scores import ScoredItem
from engine.runs.beside import append_records
from engine.runs.reading import (
    LogContent,
    LogRecord,
    Probed,
    Redecoded,
    RedecodeKey,
    Scored,
    read_log,
    read_manifest,
    redecode_key,
)
from engine.runs.sealing import run_number

ASKED = "asked.jsonl"
PREFIX = "asked-"


class AskedLog:
    """The file, in a run directory whose lock is held by who writes.

    Attributes:
        scored: what was asked, by id, in its order.
    """

    def __init__(self, directory: Path) -> None:
        """Read what is there; a torn last line is left out.

        Raises:
            UserError: a line can't be read; the error names it.
        """
        self._path = directory / ASKED
        content = read_log(self._path) if self._path.exists() else LogContent({}, {}, {}, 0)
        self.scored: dict[str, ScoredItem] = content.scored
        self._redecodes: dict[RedecodeKey, Redecode] = content.redecodes
        self._findings: dict[FindingKey, Finding] = content.findings
        self._intact = content.intact_bytes
        self._run = run_number(read_manifest(directory))

    @property
    def items(self) -> dict[str, Item]:
        """The items, by id."""
        return {item_id: scored.item for item_id, scored in self.scored.items()}

    @property
    def redecodes(self) -> list[Redecode]:
        """The re-decodes of what was asked, in their order."""
        return list(self._redecodes.values())

    @property
    def findings(self) -> dict[FindingKey, Finding]:
        """What instruments found of what was asked, by its key."""
        return dict(self._findings)

    def append_scored(self, scored: ScoredItem) -> None:
        """Put a question with its scores on disk; raises `UserError` where the disk refuses."""
        self._append([Scored(scored=scored)])
        self.scored[scored.item.id] = scored

    def append_redecode(self, redecode: Redecode) -> None:
        """Put a re-decode on disk; raises likewise."""
        self._append([Redecoded(redecode=redecode)])
        self._redecodes[redecode_key(redecode)] = redecode

    def append_findings(self, findings: Sequence[Finding]) -> None:
        """Put what an instrument found on disk; raises likewise."""
        self._append([Probed(finding=finding) for finding in findings])
        self._findings.update({finding_key(finding): finding for finding in findings})

    def _append(self, records: Sequence[LogRecord]) -> None:
        self._intact = append_records(self._path, self._intact, records, self._run, "ask again")

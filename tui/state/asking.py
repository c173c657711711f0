"""What a user asks beside the items of a run: how it is typed, on its way, and answered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from engine.records.hypotheses import Redecode
from engine.records.instruments.instrument import Finding
from engine.records.protocol import Ask, Event, ItemAsked
from engine.records.scores import ScoredItem
from engine.runs.asked import AskedLog
from tui.state.decodes import remembered
from tui.state.probes import with_finding
from tui.state.questions import Asked

_AFTER_MARK = re.compile(r"(?P<question>.*?[?？؟])\s*=(?P<answers>.*)", re.DOTALL)
_EQUALS = re.compile(r"(?P<question>.*?)\s=\s(?P<answers>.*)", re.DOTALL)


class Typed(NamedTuple):
    """What a line asks: `What is the capital of Chile? = Santiago | Lima | Bogota`.

    Attributes:
        gold: the first answer behind the equals sign; empty where there is none.
        options: the others.
    """

    question: str
    gold: str = ""
    options: tuple[str, ...] = ()


def read_typed(line: str) -> Typed:
    """Read a line: a question, an equals sign, then answers between bars, the right one first.

    The equals sign is the one behind the question mark; where there is none, one between spaces.
    """
    found = _AFTER_MARK.fullmatch(line) or _EQUALS.fullmatch(line)
    if found is None:
        return Typed(line.strip())
    gold, *options = map(str.strip, found["answers"].split("|"))
    return Typed(found["question"].strip(), gold, tuple(filter(None, options)))


@dataclass
class AskedItems:
    """What was asked of a run, with what was found of it; no figure of the run has it in.

    Its rows in the table have numbers below zero: the first that was asked is -1.
    """

    scored: dict[str, ScoredItem] = field(default_factory=dict)
    redecodes: dict[str, list[Redecode]] = field(default_factory=dict)
    findings: dict[str, list[Finding]] = field(default_factory=dict)

    @classmethod
    def read(cls, directory: Path) -> AskedItems:
        """What was asked of a run on disk; raises `UserError` where that can't be read."""
        log, items = AskedLog(directory), cls()
        items.scored.update(log.scored)
        for redecode in log.redecodes:
            items.remember(redecode)
        for finding in log.findings.values():
            items.note(finding)
        return items

    def __contains__(self, item_id: object) -> bool:
        return item_id in self.scored

    def __len__(self) -> int:
        return len(self.scored)

    def id_of(self, number: int) -> str:
        """The id of the item whose row has a number below zero."""
        return list(self.scored)[-number - 1]

    def number_of(self, item_id: str) -> int:
        """The number of an item's row."""
        return -1 - list(self.scored).index(item_id)

    def remember(self, redecode: Redecode) -> None:
        """Keep a finished re-decode."""
        old = self.redecodes.get(redecode.item_id, [])
        self.redecodes[redecode.item_id] = remembered(old, redecode)

    def note(self, finding: Finding) -> None:
        """Keep what an instrument found."""
        old = self.findings.get(finding.item_id, [])
        self.findings[finding.item_id] = with_finding(old, finding)


@dataclass
class LiveAsk(Asked):
    """A question that is being answered.

    Attributes:
        item_id: of the item that it became; None until it is answered.
    """

    item_id: str | None = None

    @property
    def about(self) -> object:
        """A question that is over gives way to the next."""
        return LiveAsk

    @classmethod
    def of(cls, typed: Typed, stem: str | None) -> LiveAsk:
        """Ask what was typed, with a stem; see `Ask`."""
        question, gold, options = typed
        return cls(Ask(question=question, gold=gold, options=options, stem=stem))

    def take(self, event: Event) -> None:
        match event:
            case ItemAsked(scored=scored):
                self.item_id = scored.item.id

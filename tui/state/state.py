"""A run as its events tell of it: folded one by one, for screens, progress lines and exports."""

from __future__ import annotations

import enum
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.analysis.metrics.metric import Value
from engine.analysis.metrics.registry import columns_by_hand, columns_of_redecodes
from engine.analysis.overruling import overruled
from engine.analysis.rows import PairRow
from engine.methods.recipes import parse_recipe
from engine.records.annotations import Annotation
from engine.records.hypotheses import Redecode
from engine.records.instruments.instrument import Finding
from engine.records.items import Item
from engine.records.manifest import Manifest, VariantRecord
from engine.records.protocol import (
    SHOWN_UNSCORED,
    DecodeFinished,
    Event,
    Failed,
    ItemAsked,
    ItemPreviewed,
    ItemScored,
    ItemsNoted,
    ManifestChanged,
    Notice,
    ProbeFinished,
    Progress,
    RemedyFound,
    RemedyTried,
    RunFinished,
    RunOpened,
    ScoringPaused,
)
from engine.records.recipes import RecipeError
from engine.records.remedies import RemedyReport
from engine.records.scores import ScoredItem
from engine.records.settings import DENSE, Settings
from engine.runs.logged import (
    FindingsOf,
    ItemsOf,
    LoggedFindings,
    LoggedItems,
    LoggedRedecodes,
    RedecodesOf,
)
from engine.runs.reading import Run
from engine.text import displayable
from tui.state.annotations import ItemNotes
from tui.state.asked_questions import Questions
from tui.state.asking import AskedItems
from tui.state.decodes import remembered
from tui.state.pace import Pace
from tui.state.probes import with_finding
from tui.state.tables import Tables

if TYPE_CHECKING:
    import polars as pl


class Change(enum.Flag):
    """What an event changed."""

    NONE = 0
    RUN = enum.auto()
    ITEMS = enum.auto()
    ANSWERS = enum.auto()


def variant_label(name: str) -> str:
    """A variant's short form for screens; its name where it is no recipe."""
    try:
        return name if name == DENSE else displayable(parse_recipe(name).label)
    except RecipeError:
        return displayable(name)


@dataclass
class RunState:
    """Everything that is known of a run.

    Attributes:
        settings: what the run does; known before the engine answers in a live run.
        total: items of the run, 0 until known.
        stage: the stage before scoring that is under way, or None.
        seconds: how long the finished run took; None while it goes on.
        resumed: items that were scored before the run was opened.
        items: by id, in the order of arrival, with the verdicts that a person corrected; those that
            are not scored yet are among them.
        ahead: the ids of these: they have no scores yet, or not those of all variants.
        ids: of the items, in that order: item n is the one with the n-th id.
        questions: to the engine, of this session.
        notices: what a person should be told, oldest first.
        remedies: what the last search for remedies came to.
        notes: what a person noted of the items.
        tables: the pairs of the items, for sorting, filtering and counting.
        asked_items: what the user asked beside the items: in the table, in no figure.
    """

    settings: Settings
    directory: str | None = None
    manifest: Manifest | None = None
    total: int = 0
    stage: Progress | None = None
    paused: bool = False
    live: bool = True
    seconds: float | None = None
    resumed: int = 0
    items: dict[str, ScoredItem] | LoggedItems = field(default_factory=dict)
    ahead: set[str] = field(default_factory=set)
    ids: list[str] = field(default_factory=list)
    redecodes: dict[str, list[Redecode]] | LoggedRedecodes = field(default_factory=dict)
    findings: dict[str, list[Finding]] | LoggedFindings = field(default_factory=dict)
    questions: Questions = field(default_factory=Questions)
    notices: deque[str] = field(default_factory=deque)
    remedies: RemedyReport | None = None
    notes: ItemNotes = field(default_factory=ItemNotes)
    asked_items: AskedItems = field(default_factory=AskedItems)
    tables: Tables = field(init=False)
    _pace: Pace = field(default_factory=Pace)
    _stage_pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        self.tables = Tables(self.ids, self.values)

    # -- what screens ask ----------------------------------------------------------------

    @property
    def reference(self) -> str:
        """Name of the variant that the others are compared with."""
        return self.settings.against

    @property
    def variants(self) -> tuple[str, ...]:
        """Names of the variants that are compared with the reference."""
        return self.settings.recipes

    @property
    def scored(self) -> int:
        """How many items are scored under all variants."""
        return len(self.items) - len(self.ahead)

    def item(self, item_id: str) -> ScoredItem | None:
        """A scored item of the run, or what was asked beside them; None where it isn't known."""
        asked = self.asked_items.scored.get(item_id)
        if asked is not None:
            # Corrected here and not in the notes, whose count of corrections is a figure.
            return overruled(asked, self.notes.of(item_id))
        return self.items.get(item_id)

    def id_of(self, number: int) -> str:
        """The id of an item by its number in the order of arrival; below zero it was asked."""
        return self.ids[number] if number >= 0 else self.asked_items.id_of(number)

    def record(self, variant: str) -> VariantRecord | None:
        """What the manifest says of a variant."""
        if self.manifest is None:
            return None
        return next((v for v in self.manifest.variants if v.name == variant), None)

    def label(self, variant: str) -> str:
        """A variant's short form for screens."""
        record = self.record(variant)
        return displayable(record.label) if record else variant_label(variant)

    def solved(self, item_id: str) -> str:
        """An item with its answer in one line, as an example shows it; its id where unknown."""
        scored = self.items.get(item_id)
        if scored is None:
            return item_id
        return f"{scored.item.stem or scored.item.question} {scored.item.gold}"

    def demoted(self, item_id: str, variant: str) -> bool:
        """Whether a compressed variant answers an item wrongly, so that a decoding may bring the
        answer back."""
        scored = self.item(item_id)
        if scored is None or variant == self.reference or not scored.item.gold:
            return False
        score = scored.scores.get(variant)
        return score is None or score.open is None or not score.open.judgement.correct

    def seconds_left(self, now: float | None = None) -> float | None:
        """Time to the end of scoring at the pace of late; None where there is no pace yet."""
        if self.paused or self.scored >= self.total:
            return None
        return self._pace.seconds_left(self.total, time.monotonic() if now is None else now)

    def stage_seconds_left(self, now: float | None = None) -> float | None:
        """Time to the end of the stage that is under way; None where there is no pace yet."""
        if self.stage is None or not self.stage.total:
            return None
        now = time.monotonic() if now is None else now
        return self._stage_pace.seconds_left(self.stage.total, now)

    def values(self, item_id: str, variant: str) -> Mapping[str, Value]:
        """The row of an item in the table of a variant."""
        scored = self.item(item_id)
        if scored is None:
            raise KeyError(item_id)
        annotation = self.notes.of(item_id)
        return PairRow(scored, self.reference, variant, self.results(item_id), annotation)

    def frame(self, variant: str) -> pl.DataFrame:
        """One row per scored item for the reference and `variant`, in the order of arrival."""
        self.tables.catch_up(variant)
        return self.tables.of(variant).frame

    def asked_frame(self, variant: str) -> pl.DataFrame:
        """One row per question that was asked beside the items, likewise."""
        # It brings polars, which nothing needs before.
        from engine.analysis.frame import pairs_frame

        return pairs_frame(self.asked_items.scored.values(), self.reference, variant)

    def results(self, item_id: str) -> list[Redecode]:
        """Finished re-decodes of an item, the latest first."""
        asked = self.asked_items
        return (asked.redecodes if item_id in asked else self.redecodes).get(item_id, [])

    def found(self, item_id: str, variant: str, kind: str) -> list[Finding]:
        """What an instrument found of an item under a variant, the latest first."""
        asked = self.asked_items
        every = (asked.findings if item_id in asked else self.findings).get(item_id, [])
        return [one for one in every if one.variant == variant and one.name == kind]

    def recoveries(self, item_id: str, variant: str) -> list[Redecode]:
        """Re-decodes that brought the gold answer back under a variant."""
        return [r for r in self.results(item_id) if r.variant == variant and r.recovered_at]

    def run(self) -> Run | None:
        """What is known as a run on disk would be read; None before it is opened."""
        if self.manifest is None:
            return None
        scored = self.items.copy()
        if isinstance(scored, dict):
            for item_id in self.ahead:
                del scored[item_id]
        return Run(
            directory=Path(self.directory or "."),
            manifest=self.manifest,
            items=ItemsOf(scored),
            scored=scored,
            redecodes=RedecodesOf(self.redecodes.copy()),
            findings=FindingsOf(self.findings.copy()),
            annotations={
                item_id: noted for item_id, noted in self.notes.by_item.items() if item_id in scored
            },
            remedies=self.remedies,
        )

    # -- what happens --------------------------------------------------------------------

    def fold(self, event: Event, now: float | None = None) -> Change:
        """Take in one event and tell what it changed."""
        change = self._fold_run(event, time.monotonic() if now is None else now)
        if self.questions.fold(event) is not None:
            finished = not self.live or self.seconds is not None
            if finished and not isinstance(event, (Progress, RemedyTried)):
                # The model that the answer needed is there. A trial is not yet an answer.
                self.stage = None
            return change | Change.ANSWERS | Change.RUN
        return change

    def _fold_run(self, event: Event, now: float) -> Change:
        match event:
            case ItemScored(scored=scored):
                return self._score(scored, now)
            case ItemPreviewed(scored=scored):
                return self._preview(scored)
            case ItemAsked(scored=scored):
                self.asked_items.scored[scored.item.id] = scored
                return Change.ITEMS
            case ItemsNoted(annotations=annotations):
                self.annotate(annotations)
                return Change.ITEMS | Change.ANSWERS
            case DecodeFinished(redecode=redecode):
                self.remember(redecode)
                return Change.ANSWERS
            case ProbeFinished(finding=finding):
                self.note(finding)
                return Change.ANSWERS
            case RunOpened():
                self._open(event)
                return Change.RUN | Change.ITEMS
            case ManifestChanged(manifest=manifest):
                self.manifest = manifest
                return Change.RUN
            case Progress():
                self._progress(event, now)
                return Change.RUN
            case ScoringPaused(paused=paused):
                self.paused = paused
                self._pace.forget()
                return Change.RUN
            case RemedyFound(report=report):
                self.remedies, self.stage = report, None
                return Change.RUN
            case RunFinished(seconds=seconds):
                self.seconds, self.stage = seconds, None
                return Change.RUN
            case Notice(text=text):
                self.notices.append(text)
                return Change.NONE
            case Failed():
                return Change.RUN
        return Change.NONE

    def _open(self, event: RunOpened) -> None:
        self.directory, self.manifest = event.directory, event.manifest
        self.settings = event.manifest.settings
        self.total, self.resumed = event.items, event.done
        self._pace.forget()
        self.stage = self.seconds = None
        self.paused = False

    def _progress(self, event: Progress, now: float) -> None:
        before, self.stage = self.stage, event
        same = before is not None and (before.stage, before.variant, before.total) == (
            event.stage,
            event.variant,
            event.total,
        )
        if not same:
            self._stage_pace.forget()
        self._stage_pace.note(event.done, now)

    def remember(self, redecode: Redecode) -> None:
        """Keep a finished re-decode."""
        if redecode.item_id in self.asked_items:
            self.asked_items.remember(redecode)
            return
        old = self.results(redecode.item_id)
        self.redecodes[redecode.item_id] = remembered(old, redecode)
        self.tables.change((redecode.item_id,), (redecode.variant,), columns_of_redecodes())

    def note(self, finding: Finding) -> None:
        """Keep what an instrument found."""
        if finding.item_id in self.asked_items:
            self.asked_items.note(finding)
            return
        old = self.findings.get(finding.item_id, [])
        self.findings[finding.item_id] = with_finding(old, finding)

    def annotate(self, annotations: Mapping[str, Annotation]) -> None:
        """Take over what a person noted of some items, in the place of what was noted before."""
        corrected, others = [], []
        for item_id, annotation in annotations.items():
            old = self.notes.of(item_id)
            self.notes.put(item_id, annotation)
            if annotation.verdicts != old.verdicts and item_id in self.items:
                judged = self.notes.as_judged(self.items[item_id])
                self.items[item_id] = self.notes.corrected(judged)
                corrected.append(item_id)
            elif annotation != old:
                others.append(item_id)
        self.tables.change(corrected, self.variants)
        self.tables.change(others, self.variants, columns_by_hand())

    def engine_ended(self) -> None:
        """Note that no more events will come: what was under way is over."""
        self.questions.engine_ended()
        self.stage = None
        self._pace.forget()

    def add(self, scored: ScoredItem) -> bool:
        """Take in a scored item; tells whether it is new."""
        item_id = scored.item.id
        new = item_id not in self.items or item_id in self.ahead
        self.ahead.discard(item_id)
        self._put(scored)
        self.total = max(self.total, self.scored)
        return new

    def expect(self, items: Sequence[Item]) -> None:
        """Show items, up to a number, that are to be scored."""
        for item in items[:SHOWN_UNSCORED]:
            self._preview(ScoredItem(item=item, prompt="", scores={}))
        self.total = len(items)

    def _put(self, scored: ScoredItem) -> None:
        scored = self.notes.corrected(scored)
        item_id = scored.item.id
        before = self.items.get(item_id)
        self.items[item_id] = scored
        if before is None:
            self.ids.append(item_id)
        elif before != scored:
            self.tables.change((item_id,), self.variants)

    def _preview(self, scored: ScoredItem) -> Change:
        item_id = scored.item.id
        if item_id not in self.items or item_id in self.ahead:
            self.ahead.add(item_id)
            self._put(scored)
        return Change.ITEMS

    def _score(self, scored: ScoredItem, now: float) -> Change:
        if self.add(scored) and self.scored > self.resumed:
            self._pace.note(self.scored, now)
            self.stage = None
        return Change.ITEMS | Change.RUN

"""The state of a run as the inspector knows it: events folded one by one, no Textual."""

from __future__ import annotations

import enum
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from engine.analysis.frame import pair_row, pairs_frame
from engine.records.decodings.decoding import Decoding
from engine.records.hypotheses import Redecode
from engine.records.manifest import Manifest, VariantRecord
from engine.records.protocol import (
    Decode,
    DecodeEnded,
    DecodeFinished,
    DecodeStep,
    Event,
    Failed,
    HypothesisFound,
    ItemScored,
    ManifestChanged,
    Notice,
    Progress,
    RunFinished,
    RunOpened,
    ScoringPaused,
)
from engine.records.recipes import RecipeError, parse_recipe
from engine.records.scores import ScoredItem
from engine.records.settings import DENSE, Settings
from engine.runs.reading import Run
from tui.state.decodes import LiveDecode, remembered

PACE_SAMPLES = 16
"""Batches that the time left is reckoned from."""

BATCH_SECONDS = 0.3
"""Items that come closer together are of one batch."""


class Change(enum.Flag):
    """What an event changed."""

    NONE = 0
    RUN = enum.auto()
    ITEMS = enum.auto()
    DECODES = enum.auto()


def variant_label(name: str) -> str:
    """A variant's short form for screens; its name where it is no recipe."""
    if name == DENSE:
        return name
    try:
        return parse_recipe(name).label
    except RecipeError:
        return name


@dataclass
class RunState:
    """Everything the screens draw from.

    Attributes:
        settings: what the run does; known before the engine answers in a live run.
        total: items of the run, 0 until known.
        stage: the stage before scoring that is under way, or None.
        seconds: how long the finished run took; None while it goes on.
        items: by id, in the order of arrival.
        notices: what a person should be told, oldest first.
    """

    settings: Settings
    directory: str | None = None
    manifest: Manifest | None = None
    total: int = 0
    stage: Progress | None = None
    paused: bool = False
    live: bool = True
    seconds: float | None = None
    items: dict[str, ScoredItem] = field(default_factory=dict)
    redecodes: dict[str, list[Redecode]] = field(default_factory=dict)
    decodes: dict[str, LiveDecode] = field(default_factory=dict)
    notices: deque[str] = field(default_factory=deque)
    _numbers: dict[str, int] = field(default_factory=dict)
    _frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    _pace: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=PACE_SAMPLES))
    _resumed: int = 0

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
        """How many items are scored."""
        return len(self.items)

    def record(self, variant: str) -> VariantRecord | None:
        """What the manifest says of a variant."""
        if self.manifest is None:
            return None
        return next((v for v in self.manifest.variants if v.name == variant), None)

    def label(self, variant: str) -> str:
        """A variant's short form for screens."""
        record = self.record(variant)
        return record.label if record else variant_label(variant)

    def solved(self, item_id: str) -> str:
        """An item with its answer in one line, as an example shows it; its id where unknown."""
        scored = self.items.get(item_id)
        if scored is None:
            return item_id
        return f"{scored.item.stem or scored.item.question} {scored.item.gold}"

    def seconds_left(self, now: float | None = None) -> float | None:
        """Time to the end of scoring at the pace of late; None where there is no pace yet."""
        if len(self._pace) < 2 or self.paused or self.scored >= self.total:
            return None
        (begun, first), (last, count) = self._pace[0], self._pace[-1]
        if count <= first or last <= begun:
            return None
        left = (self.total - count) * (last - begun) / (count - first)
        return max(0.0, left - ((now or time.monotonic()) - last))

    def frame(self, variant: str) -> pl.DataFrame:
        """One row per scored item for the reference and `variant`, in the order of arrival."""
        known = self._frames.get(variant)
        height = 0 if known is None else known.height
        if known is None or height < len(self.items):
            fresh = list(self.items.values())[height:]
            rows = pairs_frame(fresh, self.reference, variant, self._results_of(fresh))
            known = rows if known is None else known.vstack(rows)
            self._frames[variant] = known
        return known

    def _results_of(self, scored: Iterable[ScoredItem]) -> list[Redecode]:
        return [result for one in scored for result in self.results(one.item.id)]

    def results(self, item_id: str) -> list[Redecode]:
        """Finished re-decodes of an item, the latest first."""
        return self.redecodes.get(item_id, [])

    def live_decodes(self, item_id: str) -> list[LiveDecode]:
        """Re-decodes of an item without a result, the latest first."""
        found = [live for live in self.decodes.values() if live.item_id == item_id and live.pending]
        return found[::-1]

    def under_way(self, item_id: str, variants: tuple[str, ...], decoding: Decoding) -> bool:
        """Whether just this re-decode is running or waiting."""
        asked = (item_id, variants, decoding)
        return any(
            live.running and (live.item_id, live.request.variants, live.decoding) == asked
            for live in self.decodes.values()
        )

    def recoveries(self, item_id: str, variant: str) -> list[Redecode]:
        """Re-decodes that brought the gold answer back under a variant."""
        return [r for r in self.results(item_id) if r.variant == variant and r.recovered_at]

    def run(self) -> Run | None:
        """What is known as a run on disk would be read; None before it is opened."""
        if self.manifest is None:
            return None
        return Run(
            directory=Path(self.directory or "."),
            manifest=self.manifest,
            items=tuple(scored.item for scored in self.items.values()),
            scored=dict(self.items),
            redecodes=tuple(one for many in self.redecodes.values() for one in many),
        )

    # -- what happens --------------------------------------------------------------------

    def ask(self, request: Decode) -> None:
        """Note a re-decode that has been asked for; an earlier failed one gives way."""
        self.decodes = {
            key: live
            for key, live in self.decodes.items()
            if live.running or live.item_id != request.item_id
        }
        self.decodes[request.id] = LiveDecode.of(request)

    def fold(self, event: Event, now: float | None = None) -> Change:
        """Take in one event and tell what it changed."""
        match event:
            case ItemScored(scored=scored):
                return self._score(scored, time.monotonic() if now is None else now)
            case RunOpened():
                self.directory, self.manifest = event.directory, event.manifest
                self.settings = event.manifest.settings
                self.total, self._resumed = event.items, event.done
                self._pace.clear()
                self.stage = self.seconds = None
                self.paused = False
                return Change.RUN | Change.ITEMS
            case ManifestChanged(manifest=manifest):
                self.manifest = manifest
                return Change.RUN
            case Progress():
                self.stage = event
                return Change.RUN
            case ScoringPaused(paused=paused):
                self.paused = paused
                self._pace.clear()
                return Change.RUN
            case RunFinished(seconds=seconds):
                self.seconds, self.stage = seconds, None
                return Change.RUN
            case Notice(text=text):
                self.notices.append(text)
                return Change.NONE
            case Failed(id=None):
                return Change.RUN
        return self._fold_decode(event)

    def remember(self, redecode: Redecode) -> None:
        """Keep a finished re-decode."""
        old = self.redecodes.get(redecode.item_id, [])
        self.redecodes[redecode.item_id] = remembered(old, redecode)
        number = self._numbers.get(redecode.item_id)
        frame = self._frames.get(redecode.variant)
        if frame is None or number is None or number >= frame.height:
            return
        scored, results = self.items[redecode.item_id], self.redecodes[redecode.item_id]
        row = pair_row(scored, self.reference, redecode.variant, results)
        for name in (name for name in frame.columns if name.startswith("recovered")):
            frame[number, name] = row[name]

    def engine_ended(self) -> None:
        """Note that no more events will come: what was under way is over."""
        for live in self.decodes.values():
            if live.running:
                live.over = True
                live.failure = "the engine ended before it was done"
        self.stage = None
        self._pace.clear()

    def add(self, scored: ScoredItem) -> bool:
        """Take in a scored item; tells whether it is new."""
        item_id = scored.item.id
        new = item_id not in self.items
        if not new and self.items[item_id] != scored:
            self._frames.clear()
        self.items[item_id] = scored
        self._numbers.setdefault(item_id, len(self._numbers))
        self.total = max(self.total, self.scored)
        return new

    def _score(self, scored: ScoredItem, now: float) -> Change:
        if self.add(scored) and self.scored > self._resumed:
            self._keep_pace(now)
            self.stage = None
        return Change.ITEMS | Change.RUN

    def _keep_pace(self, now: float) -> None:
        """Items come in batches: those of one batch count as one moment."""
        if self._pace and now - self._pace[-1][0] < BATCH_SECONDS:
            now = self._pace.pop()[0]
        self._pace.append((now, self.scored))

    def _fold_decode(self, event: Event) -> Change:
        match event:
            case DecodeFinished(redecode=redecode):
                self.remember(redecode)
                live = self.decodes.get(event.id)
                if live and redecode.variant in live.parts:
                    live.parts[redecode.variant].finished = True
                return Change.DECODES
            case DecodeStep() | HypothesisFound():
                live = self.decodes.get(event.id)
                part = live.parts.get(event.variant) if live else None
                if part is None:
                    return Change.NONE
                if not self.live:
                    self.stage = None
                if isinstance(event, DecodeStep):
                    part.advance(event)
                else:
                    part.found.append(event.hypothesis)
                return Change.DECODES | Change.RUN
            case DecodeEnded(id=request, cancelled=cancelled):
                live = self.decodes.get(request)
                if live is None:
                    return Change.NONE
                live.over, live.cancelled = True, cancelled
                return Change.DECODES
            case Failed(id=str(request)):
                live = self.decodes.get(request)
                if live is None:
                    self.notices.append(event.message)
                    return Change.NONE
                live.over = True
                live.failure = f"{event.message} {event.hint}".strip()
                return Change.DECODES
        return Change.NONE

"""The events of hours, replayed in the state as the app keeps it.

    python -m tests.harness.hours HOURS SEED

writes the figures to standard output as JSON, a list.
"""

from __future__ import annotations

import gc
import itertools
import random
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module

import msgspec
import psutil

from engine.records.decodings.registry import kinds
from engine.records.instruments.registry import instruments
from engine.records.protocol import (
    DecodeFinished,
    DecodeStep,
    Ended,
    Event,
    HypothesisFound,
    ItemScored,
    ManifestChanged,
    Notice,
    ProbeFinished,
    ProbeStep,
    Progress,
    RunFinished,
    RunOpened,
    ScoringPaused,
)
from engine.records.scores import ScoredItem
from engine.records.settings import Settings
from tests.harness.part import Figure
from tests.inspector_fixtures import DENSE, WANDA, finding, manifest, redecode, scored_items
from tui.state.decodes import LiveDecode
from tui.state.probes import LiveProbe
from tui.state.state import RunState

SCORED = 1.0
"""Seconds from one scored item to the next, as a model of some billions of weights takes them."""
PER_ITEM = 2
"""Lines of progress that come meanwhile."""
DECODE_ITEMS, PROBE_ITEMS, NOTICE_ITEMS, PAUSE_ITEMS = 10, 40, 60, 300
"""A re-decode, an instrument, a notice and a pause after so many items."""
LOOKED_AT = 150
"""So many of the latest items are what a person decodes again and looks into."""
STEPS = 24
DRAWN = 10
"""The tables are brought up to date after so many items, as the app does."""
TENTHS = 10
MOST_GROWTH = 0.05
"""Of the memory in the second half of the hours in which nothing is scored any more."""


class Replay:
    """A state, and what is asked and told of it."""

    def __init__(self, seed: int, items: int) -> None:
        self._rng = random.Random(seed)
        self._items = items
        self._models = scored_items(190, hostile=False)
        self.state = RunState(Settings())
        self._latest: list[ScoredItem] = []

    def scoring(self) -> Iterator[Event]:
        """A run that is scored, with all that happens meanwhile."""
        yield RunOpened(
            directory="run",
            manifest=manifest(self._items, complete=False),
            items=self._items,
            done=0,
        )
        yield ManifestChanged(manifest=manifest(self._items))
        for number in range(self._items):
            for part in range(PER_ITEM):
                yield Progress(stage="ahead", detail=f"batch {number}", done=part, total=PER_ITEM)
            scored = self._item(number)
            yield ItemScored(scored=scored)
            self._latest = [*self._latest[-LOOKED_AT + 1 :], scored]
            yield from self._meanwhile(number)
        yield RunFinished(seconds=SCORED * self._items)

    def asking(self) -> Iterator[Event]:
        """The same hours, and nothing left to be scored."""
        for number in range(self._items):
            yield Progress(stage="recover", detail=f"item {number}", done=number, total=None)
            yield from self._meanwhile(number)

    def fold(self, event: Event) -> None:
        """Take in an event as the app does."""
        self.state.fold(event)
        self.state.notices.clear()
        if isinstance(event, ItemScored | DecodeFinished) and self.state.scored % DRAWN == 0:
            self.state.tables.catch_up(WANDA, 1.0)

    def warm(self) -> None:
        """Take in all there is once, so that all is loaded."""
        for told in (self.scoring(), self.asking()):
            for event in told:
                self.fold(event)
        self.state.tables.catch_up(WANDA, 1.0)

    def _item(self, number: int) -> ScoredItem:
        model = self._models[number % len(self._models)]
        item = msgspec.structs.replace(model.item, id=f"item-{number}")
        # As it comes from the pipe: nothing is shared with another item.
        changed = msgspec.structs.replace(model, item=item)
        return msgspec.json.decode(msgspec.json.encode(changed), type=ScoredItem)

    def _meanwhile(self, number: int) -> Iterator[Event]:
        if number % DECODE_ITEMS == 0:
            yield from self._decode(number)
        if number % PROBE_ITEMS == 0:
            yield from self._probe(number)
        if number % NOTICE_ITEMS == 0:
            yield Notice(text=f"the passage of item {number} was cut")
        if number % PAUSE_ITEMS == 0:
            yield ScoringPaused(paused=True)
            yield ScoringPaused(paused=False)

    def _decode(self, number: int) -> Iterator[Event]:
        every = list(kinds().values())
        scored = self._rng.choice(self._latest)
        decoding = every[number // DECODE_ITEMS % len(every)]
        asked = LiveDecode.of(scored.item.id, (DENSE, WANDA), decoding)
        self.state.questions.add(asked)
        key = asked.request.id
        for variant in (DENSE, WANDA):
            found = redecode(scored, variant, decoding)
            for step in range(STEPS):
                texts = tuple(one.text[:step] for one in found.hypotheses)
                yield DecodeStep(id=key, variant=variant, step=step, steps=STEPS, texts=texts)
            for one in found.hypotheses:
                yield HypothesisFound(id=key, variant=variant, hypothesis=one)
            yield DecodeFinished(id=key, redecode=found)
        yield Ended(id=key)

    def _probe(self, number: int) -> Iterator[Event]:
        every = list(instruments().values())
        scored = self._rng.choice(self._latest)
        asked = LiveProbe.of((scored.item.id,), WANDA, every[number // PROBE_ITEMS % len(every)])
        self.state.questions.add(asked)
        key, found = asked.request.id, finding(scored, WANDA, asked.instrument)
        for step in range(STEPS):
            yield ProbeStep(id=key, detail=f"block {step}", share=step / STEPS, finding=found)
        yield ProbeFinished(id=key, finding=found)
        yield Ended(id=key)


def replayed(hours: float, seed: int) -> Iterator[Figure]:
    """So many hours of scoring, then as many in which only questions are answered."""
    # What is loaded at the first table is in no event's time.
    import_module("tui.state.table")
    Replay(seed, 1).warm()
    replay = Replay(seed, max(round(hours * 3600 / SCORED), 10 * TENTHS))
    figure, _ = _timed(f"{hours:g} hours of scoring", replay.scoring(), replay.fold)
    items = len(replay.state.items)
    per_item = (figure.numbers["MB at the end"] - figure.numbers["MB at first"]) * 1e6 / items
    numbers = {**figure.numbers, "items": float(items), "bytes per item": per_item}
    yield msgspec.structs.replace(figure, numbers=numbers)
    figure, memory = _timed(f"{hours:g} more hours of questions", replay.asking(), replay.fold)
    growth = memory[-1] / memory[TENTHS // 2] - 1
    findings = figure.findings
    if growth > MOST_GROWTH:
        findings = (*findings, f"the memory grew by {100 * growth:.0f} % in the second half")
    yield msgspec.structs.replace(
        figure, findings=findings, numbers={**figure.numbers, "growth, %": 100 * growth}
    )


def _timed(
    what: str, told: Iterator[Event], fold: Callable[[Event], None]
) -> tuple[Figure, list[int]]:
    """Fold all events; the figure, and the memory after each tenth of them, in bytes.

    The events are made before the clock runs.
    """
    process = psutil.Process()
    longest, spent, counts = 0.0, [], []
    memory = [process.memory_info().rss]
    blocks: list[tuple[float, int]] = []
    while block := list(itertools.islice(told, 500)):
        began = time.process_time()
        for event in block:
            before = time.perf_counter()
            fold(event)
            longest = max(longest, time.perf_counter() - before)
        blocks.append((time.process_time() - began, len(block)))
        gc.collect()
        memory.append(process.memory_info().rss)
    for tenth in range(TENTHS):
        first, end = tenth * len(blocks) // TENTHS, (tenth + 1) * len(blocks) // TENTHS
        part = blocks[first : max(end, first + 1)]
        spent.append(sum(seconds for seconds, _ in part))
        counts.append(sum(events for _, events in part))
    each = [1e6 * seconds / events for seconds, events in zip(spent, counts, strict=True)]
    marks = [memory[round(place * (len(memory) - 1) / TENTHS)] for place in range(TENTHS + 1)]
    figure = Figure(
        what=f"session: {what}, replayed in the state",
        cases=sum(events for _, events in blocks),
        seconds=longest,
        memory=max(memory),
        numbers={
            "µs an event in the first tenth": each[0],
            "µs in the last tenth": each[-1],
            "MB at first": marks[0] / 1e6,
            "MB at the end": marks[-1] / 1e6,
        },
    )
    return figure, marks


def main() -> None:
    """Replay as is asked for."""
    hours, seed = float(sys.argv[1]), int(sys.argv[2])
    sys.stdout.buffer.write(msgspec.json.encode(list(replayed(hours, seed))))


if __name__ == "__main__":
    main()

"""A client of an engine without a process, for the inspector's tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from pathlib import Path

from engine.records.protocol import (
    PROTOCOL,
    Cancel,
    Decode,
    DecodeFinished,
    DecodeStep,
    Ended,
    EngineReady,
    Event,
    Failed,
    HypothesisFound,
    ItemScored,
    ManifestChanged,
    OpenRun,
    Probe,
    ProbeFinished,
    ProbeStep,
    Progress,
    Request,
    RunFinished,
    RunOpened,
    ScoringPaused,
    SetScoring,
    StartRun,
)
from engine.records.scores import (
    ScoredItem,
)
from tests.inspector_fixtures import WANDA, finding, manifest, redecode


class ScriptedEngine:
    """A client without a process: it answers requests from a list of scored items.

    Args:
        scored: the items of the run.
        recipes: the pruned variants.
        done: so many are in the run already when it opens.
        pause_seconds: between scored items; 0 sends them at once.
        hold: leave decodes running until they are cancelled.
        dies_after: close the output after so many scored items.
    """

    def __init__(
        self,
        scored: Sequence[ScoredItem],
        recipes: Sequence[str] = (WANDA,),
        *,
        done: int = 0,
        pause_seconds: float = 0.0,
        hold: bool = False,
        dies_after: int | None = None,
        stages: Iterable[Progress] = (),
    ) -> None:
        self.scored = list(scored)
        self.recipes = recipes
        self.done = done
        self.pause_seconds = pause_seconds
        self.hold = hold
        self.dies_after = dies_after
        self.stages = list(stages)
        self.sent: list[Request] = []
        self.returncode: int | None = None
        self.log = Path("engine.log")
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = asyncio.Event()
        self._running.set()

    async def start(self) -> None:
        self._put(EngineReady(protocol=PROTOCOL, version="0.1.0"))

    async def send(self, request: Request) -> None:
        self.sent.append(request)
        match request:
            case StartRun():
                self._spawn(self._run(request.id))
            case OpenRun():
                pass
            case SetScoring(paused=paused):
                (self._running.clear if paused else self._running.set)()
                self._put(ScoringPaused(paused=paused))
            case Decode():
                self._spawn(self._decode(request))
            case Probe():
                self._spawn(self._probe(request))
            case Cancel(request=key):
                self._put(Ended(id=key, cancelled=True))

    async def events(self) -> AsyncIterator[Event]:
        while (event := await self._queue.get()) is not None:
            yield event

    async def stop(self) -> int | None:
        for task in self._tasks:
            task.cancel()
        self._queue.put_nowait(None)
        self.returncode = 0 if self.returncode is None else self.returncode
        return self.returncode

    async def ending(self) -> Failed | None:
        if self.returncode:
            return Failed(message="the engine was killed (SIGKILL)", hint="out of memory?")
        return None

    def stderr_tail(self, lines: int = 20) -> str:
        return "RuntimeError: [enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: out of memory"

    def emit(self, *events: Event) -> None:
        """Send events of one's own."""
        for event in events:
            self._put(event)

    def die(self) -> None:
        """End as a process that was killed."""
        self.returncode = -9
        self._queue.put_nowait(None)

    def _put(self, event: Event) -> None:
        self._queue.put_nowait(event)

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, request_id: str) -> None:
        total = len(self.scored)
        self._put(
            RunOpened(
                directory="runs/smollm2",
                manifest=manifest(total, self.recipes, complete=False),
                items=total,
                done=self.done,
            )
        )
        for stage in self.stages:
            self._put(stage)
            await asyncio.sleep(self.pause_seconds)
        self._put(ManifestChanged(manifest=manifest(total, self.recipes)))
        for number, scored in enumerate(self.scored, start=1):
            await self._running.wait()
            self._put(ItemScored(scored=scored))
            if self.dies_after == number:
                self.die()
                return
            if self.pause_seconds and number > self.done:
                await asyncio.sleep(self.pause_seconds)
        self._put(RunFinished(id=request_id, seconds=74.0))
        self._put(Ended(id=request_id))

    async def _decode(self, request: Decode) -> None:
        scored = next(s for s in self.scored if s.item.id == request.item_id)
        for variant in request.variants:
            result = redecode(scored, variant, request.decoding)
            for step in range(1, 9):
                texts = tuple(h.text[: 4 * step] for h in result.hypotheses)
                self._put(
                    DecodeStep(id=request.id, variant=variant, step=step, steps=24, texts=texts)
                )
                await asyncio.sleep(self.pause_seconds)
            if self.hold:
                return
            for hypothesis in result.hypotheses:
                self._put(HypothesisFound(id=request.id, variant=variant, hypothesis=hypothesis))
            self._put(DecodeFinished(id=request.id, redecode=result))
        self._put(Ended(id=request.id))

    async def _probe(self, request: Probe) -> None:
        for item_id in request.item_ids:
            scored = next(s for s in self.scored if s.item.id == item_id)
            found = finding(scored, request.variant, request.instrument)
            self._put(ProbeStep(id=request.id, detail="block 1 of 3", share=0.3, finding=found))
            await asyncio.sleep(self.pause_seconds)
            if self.hold:
                return
            self._put(ProbeFinished(id=request.id, finding=found))
        self._put(Ended(id=request.id))


def engine_factory(*engines: ScriptedEngine) -> Callable[[], ScriptedEngine]:
    """Hands out the engines one after the other; the last one again and again."""
    waiting = list(engines)

    def make() -> ScriptedEngine:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return make

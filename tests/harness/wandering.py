"""Random keys, clicks, resizes and pastes on every screen of the app, on a real engine that scores.

    python -m tests.harness.wandering STEPS SEED [SESSION]

writes the figure to standard output as JSON; with a number, of that session alone.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter, deque
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import msgspec
import psutil
from textual import events
from textual.pilot import Pilot

from engine.records.settings import Settings
from engine.runs.reading import LOG
from tests.engine_process import tiny_settings
from tests.harness.hostile import FRAGMENTS
from tests.harness.outlets.commands import RUNS, at_home
from tests.harness.part import Figure
from tests.harness.roomy import roomy_checkpoint
from tui.acting import ActingScreen, actions_on
from tui.actions import Action
from tui.app import InspectorApp
from tui.process.client import EngineClient
from tui.screens.inspect import InspectScreen
from tui.state.session import LiveRun, RunSource, SavedRun

SESSION_STEPS = 500
"""After so many steps the app is closed, and opened on another run."""
BATCH = 25
"""After so many steps it is looked whether all is well."""
STEP_SECONDS, OPENED_SECONDS = 30.0, 180.0
"""A step, or the first rows, that take longer have met an app that hangs."""
SIZES = ((80, 24), (120, 34), (200, 50), (40, 12), (20, 8), (300, 80))
TRIES = 60
"""So many keys lead to the screen that a session is to see, which may not open at once."""
LEAVING = "stop_and_quit"
STAY = 0.97
"""How often a key that ends the app is left alone."""
MOST_TOLD, LAST_STEPS = 5, 30
LEAST_RUNS = 2
"""Runs on disk from which on one is opened as a saved run, or chosen from the list."""

MOVES = (
    *("up", "down", "left", "right", "pageup", "pagedown", "home", "end", "enter", "escape"),
    *("tab", "shift+tab", "space", "backspace", "delete", "ctrl+a", "ctrl+e", "ctrl+k", "ctrl+u"),
)
ODD = (
    *(f"f{number}" for number in range(1, 13)),
    *(f"ctrl+{letter}" for letter in "bdfghjlorsvwxyz"),
    *("shift+left", "shift+right", "shift+home", "ctrl+left", "ctrl+right", "ctrl+backspace"),
    *("alt+x", "ctrl+home", "ctrl+end", "shift+enter", "insert", "ctrl+shift+p"),
)
CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIKLMNOPRSTUVWXYZ0123456789:><=\"'-.,/ |?!*#_éß中ا"
COMMANDS_OF_OTHERS = "compare", ("c", "down", "c")
"""How a screen is reached that no key opens: from a screen with such an action, by such keys."""


class Finding(Exception):
    """Something went wrong."""


class Wanderer:
    """One session of the app: random steps, and a look at it after every batch of them."""

    def __init__(self, app: InspectorApp, pilot: Pilot[int], rng: random.Random) -> None:
        self._app = app
        self._pilot = pilot
        self._rng = rng
        self._target: type[ActingScreen] | None = None
        self._tries = 0
        self.done: Counter[str] = Counter()
        self.seen: set[str] = set()
        self.last: deque[str] = deque(maxlen=LAST_STEPS)
        self.longest = 0.0

    @property
    def over(self) -> bool:
        """Whether the app has ended."""
        return self._app._exit or not self._app.is_running

    async def wander(self, steps: int, target: type[ActingScreen]) -> None:
        """Go so many steps, first of all to a screen."""
        self._target = target
        for number in range(steps):
            if self.over:
                return
            await self._step()
            if number % BATCH == BATCH - 1:
                await self._look()

    async def _step(self) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(STEP_SECONDS):
                await self._do()
        except TimeoutError as error:
            raise Finding(f"no answer within {STEP_SECONDS:.0f} s") from error
        self.longest = max(self.longest, time.monotonic() - began)
        self.seen |= {type(screen).__name__ for screen in self._app.screen_stack[1:]}

    async def _do(self) -> None:
        rng = self._rng
        kind = rng.choices(("keys", "clicks", "resizes", "pastes", "waits"), (80, 11, 3, 4, 2))[0]
        size = self._app.size
        match kind:
            case "keys":
                key = self._key()
                self.last.append(key)
                await self._pilot.press(key)
            case "clicks":
                at = rng.randrange(max(size.width, 1)), rng.randrange(max(size.height, 1))
                times = rng.choice((1, 1, 2))
                self.last.append(f"click {at} {times}")
                await self._pilot.click(offset=at, times=times, shift=rng.random() < 0.1)
            case "resizes":
                wanted = rng.choice(SIZES)
                self.last.append(f"size {wanted}")
                await self._pilot.resize_terminal(*wanted)
            case "pastes":
                text = rng.choice(FRAGMENTS) * rng.choice((1, 2, 200))
                self.last.append(f"paste {text[:30]!a}")
                self._app.post_message(events.Paste(text))
                await self._pilot.pause()
            case "waits":
                self.last.append("wait")
                await self._pilot.pause(rng.uniform(0.01, 0.3))
        self.done[kind] += 1

    def _key(self) -> str:
        """A key: what the screen has a use for, more often than others."""
        rng, screen = self._rng, self._app.screen
        target = self._target
        if target is not None:
            self._tries += 1
            if isinstance(screen, target) or self._tries > TRIES:
                self._target = None
            elif key := self._towards(target):
                return key
        how = rng.random()
        if how < 0.5:
            actions = [action for _, action in actions_on(screen)]
        elif how < 0.62:
            every = InspectorApp.every_action().values()
            actions = [action for group in every for action in group]
        elif how < 0.8:
            return rng.choice(MOVES)
        elif how < 0.97:
            return rng.choice(CHARACTERS) if rng.random() < 0.9 else rng.choice(ODD)
        else:
            return "escape"
        chosen = rng.choice(actions or [Action("escape", "", "", "", "")])
        if chosen.name == LEAVING and rng.random() < STAY:
            return "down"
        return rng.choice(chosen.key.split(","))

    def _towards(self, target: type[ActingScreen]) -> str | None:
        """The next key on the way to a screen; None where the way isn't known."""
        screen, opening = self._app.screen, target.OPENS
        if opening is None:
            name, keys = COMMANDS_OF_OTHERS
            there = any(action.name == name for _, action in actions_on(screen))
            return self._rng.choice(keys) if there else None
        if isinstance(screen, opening.host):
            return self._rng.choice((opening.key.split(",")[0], "down"))
        return "escape"

    async def _look(self) -> None:
        """See whether the app is well: it draws, answers, and its engine works."""
        if self.over:
            return
        crash = self._app.crash
        if crash is not None:
            raise Finding(f"it crashed: {crash.details}")
        answered = asyncio.Event()
        self._app.call_later(answered.set)
        try:
            async with asyncio.timeout(STEP_SECONDS):
                await answered.wait()
        except TimeoutError as error:
            raise Finding("it does not answer") from error
        assert self._app.screen._compositor.render_strips()
        session = self._app.session
        if session.down is not None:
            down = session.down
            raise Finding(f"the engine has ended: {down.message}\n{down.hint}\n{down.stderr}")
        for asked in session.state.questions.by_id.values():
            first = asked.failure.split(":")[0]
            if first.endswith(("Error", "Exception")):
                raise Finding(f"the engine failed: {asked.failure}")


class Wandering:
    """All sessions: which run each is on, and what came of them."""

    def __init__(self, home: Path, seed: int) -> None:
        self._home = home
        self._seed = seed
        self._checkpoint = roomy_checkpoint(home / "tiny")
        self.findings: list[str] = []
        self.done: Counter[str] = Counter()
        self.seen: set[str] = set()
        self.longest = 0.0
        self.memory: list[int] = []

    def session(self, number: int, steps: int) -> int:
        """Run one session; tells how many steps it took, which may end it early."""
        rng = random.Random(f"{self._seed} {number}")
        source = self._source(number, rng)
        screens = InspectorApp.SCREEN_CLASSES
        return asyncio.run(self._wander(source, rng, screens[number % len(screens)], steps, number))

    def _source(self, number: int, rng: random.Random) -> RunSource | None:
        """Mostly a run that is being scored; now and then a saved one, or the list of runs."""
        runs = [one.parent for one in self._home.glob(f"{RUNS}/*/{LOG}") if one.stat().st_size]
        if len(runs) >= LEAST_RUNS:
            if number % 4 == 2:
                return SavedRun(rng.choice(sorted(runs)))
            if number % 4 == 3:
                return None
        directory = self._home / RUNS / f"run-{number}"
        return LiveRun(self._settings(number), str(directory), striking=number % 3 == 0)

    def _settings(self, seed: int) -> Settings:
        recipes = ("wanda:0.5",) if seed % 2 else ("wanda:0.5", "magnitude:0.3")
        return tiny_settings(
            self._checkpoint,
            recipes=recipes,
            languages=(),
            limit=None,
            seed=seed,
            batch_size=2,
            answer_tokens=16,
            letters=True,
            floor=True,
        )

    async def _wander(
        self,
        source: RunSource | None,
        rng: random.Random,
        target: type[ActingScreen],
        steps: int,
        number: int,
    ) -> int:
        clients: list[EngineClient] = []

        def make_engine() -> EngineClient:
            clients.append(EngineClient(None))
            return clients[-1]

        app = InspectorApp(source, make_engine)
        wanderer: Wanderer | None = None
        try:
            async with app.run_test(size=rng.choice(SIZES[:3])) as pilot:
                wanderer = Wanderer(app, pilot, rng)
                await _opened(app, pilot)
                await wanderer.wander(steps, target)
                await app.session.close()
        except Exception as error:
            told = "".join(traceback.format_exception(error))[-4000:]
            last = " ".join(wanderer.last) if wanderer else ""
            self.findings.append(f"seed {self._seed}, session {number}, last {last}\n{told}")
        finally:
            await app.session.close()
            for client in clients:
                client.kill()
                await client.stop()
        if wanderer is None:
            return 1
        self.done.update(wanderer.done)
        self.seen |= wanderer.seen
        self.longest = max(self.longest, wanderer.longest)
        gc.collect()
        self.memory.append(psutil.Process().memory_info().rss)
        return max(wanderer.done.total(), 1)

    def logged(self) -> Iterator[str]:
        """Tracebacks in the logs of the engines and of the inspector."""
        for log in (self._home / "state").rglob("*.log"):
            text = log.read_text("utf-8", "replace")
            at = text.find("Traceback (most recent")
            if at >= 0:
                yield f"{log.name}: {text[at : at + 3000]}"


async def _opened(app: InspectorApp, pilot: Pilot[int]) -> None:
    """Wait for the first rows: keys before them have a test of their own, and a turn here."""
    async with asyncio.timeout(OPENED_SECONDS):
        while isinstance(screen := app.screen, InspectScreen) and screen.table.number is None:
            if app.session.down is not None:
                return
            await pilot.pause(0.05)


def wandered(steps: int, seed: int, only: int | None = None) -> Figure:
    """Go so many steps, in sessions; of one session alone where it is named."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory(prefix="wandering-") as directory:
        home = Path(directory)
        with at_home(home):
            wandering = Wandering(home, seed)
            left = steps
            for number in count() if only is None else (only,):
                left -= wandering.session(number, min(left, SESSION_STEPS))
                if left <= 0 or len(wandering.findings) >= MOST_TOLD:
                    break
            findings = [*wandering.findings, *wandering.logged()]
    screens = {screen.__name__ for screen in InspectorApp.SCREEN_CLASSES}
    missed = screens - wandering.seen
    if missed and steps >= SESSION_STEPS * len(screens):
        findings.append(f"never reached: {', '.join(sorted(missed))}")
    numbers = {name: float(times) for name, times in wandering.done.items()}
    numbers |= {"sessions": float(len(wandering.memory))}
    if len(wandering.memory) > 2:
        first, last = wandering.memory[len(wandering.memory) // 4], wandering.memory[-1]
        numbers |= {"MB after a quarter": first / 1e6, "MB at the end": last / 1e6}
    return Figure(
        what="session: keys, clicks, resizes and pastes while an engine scores",
        cases=wandering.done.total(),
        findings=tuple(findings[:MOST_TOLD]),
        seconds=wandering.longest,
        memory=max(wandering.memory, default=0),
        seen=tuple(sorted(wandering.seen)),
        numbers=numbers,
    )


def main() -> None:
    """Wander as is asked for."""
    steps, seed, *only = map(int, sys.argv[1:])
    figure = wandered(steps, seed, *only)
    sys.stdout.buffer.write(msgspec.json.encode(figure))


if __name__ == "__main__":
    main()

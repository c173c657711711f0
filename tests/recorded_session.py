"""The demo played on the embedded model, recorded as one moving picture for the README.

    python -m tests.recorded_session PICTURE.svg

The inspector and its engine are the real ones, with nothing in the cache but the model; every frame
is what stood on the screen. A frame stays as long as it takes to read it, not as long as it took.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from textual.pilot import Pilot

from engine.models.embedded import embedded_model
from engine.models.paths import cache_directory
from tests.conftest import with_embedded
from tui.app import InspectorApp
from tui.options.planning import plan_run
from tui.options.run_options import RunOptions
from tui.process.client import EngineClient
from tui.screens.stage import StageScreen
from tui.state.session import LiveRun

SIZE = (120, 34)
WAIT_SECONDS, LOOK_SECONDS = 600.0, 0.05
QUESTION = "What is the capital of Chile? = Santiago | Lima"
CAPTION_HEIGHT = 56
STAGE_BEATS = 5
ROWS = 10
"""So many are in sight."""
_VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


@dataclass(frozen=True)
class Frame:
    """A screen, what is said of it, and how long it stays."""

    picture: str
    caption: str
    seconds: float


class Recording:
    """Plays the inspector, and keeps a frame of what is worth one."""

    def __init__(self, app: InspectorApp, pilot: Pilot[int]) -> None:
        self.frames: list[Frame] = []
        self._app = app
        self._pilot = pilot

    async def play(self) -> None:
        """From the bare command to the stage."""
        state = self._app.session.state
        await self._until(lambda: len(state.ids) == 60)
        await self._keep("illusion-tui      the items stand there at once", 2.5)
        await self._until(lambda: sum(bool(one.scores) for one in state.items.values()) >= ROWS)
        await self._keep("the dense model answers while the other one is pruned", 3)
        await self._until(lambda: state.scored == 60 and state.tables.complete(state.variants[0]))
        await self._keep("wanda 45 %: the choices stay right, the answers are gone", 5)
        for key, name in (("b", "beam search"), ("s", "16 samples")):
            await self._pilot.press(key)
            await self._answered()
            await self._keep(f"{key}      {name} on the same pruned model", 4)
        await self._pilot.press("a", *QUESTION)
        await self._keep("a      a question from the audience", 3)
        await self._pilot.press("enter")
        await self._until(lambda: bool(state.asked_items.scored))
        await self._answered()
        await self._keep("both models answer it", 4)
        await self._pilot.press("b")
        await self._answered()
        await self._keep("b      and this answer comes back as well", 4)

    async def stage(self) -> None:
        """The question, for a room."""
        await self._pilot.press("S")
        await self._until(lambda: isinstance(self._app.screen, StageScreen))
        for _ in range(STAGE_BEATS):
            await self._pilot.press("space")
        await self._keep("S      on stage, in large type", 5)

    async def _answered(self) -> None:
        questions = self._app.session.state.questions
        await self._until(lambda: not questions.running)

    async def _keep(self, caption: str, seconds: float) -> None:
        await self._pilot.pause()
        picture = self._app.export_screenshot(simplify=True)
        self.frames.append(Frame(picture, caption, seconds))

    async def _until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not true():
                await asyncio.sleep(LOOK_SECONDS)
        await self._pilot.pause()


def animated(frames: list[Frame]) -> str:
    """The frames one after another, for ever, as SVG."""
    found = _VIEW.search(frames[0].picture)
    assert found is not None
    width, height = float(found[1]), float(found[2])
    whole = sum(frame.seconds for frame in frames)
    rules, pictures, begin = [], [], 0.0
    for number, frame in enumerate(frames):
        end = begin + 100 * frame.seconds / whole
        shown = f"{begin:.2f}%, {end - 0.01:.2f}% {{ visibility: visible }}"
        after = f"{end:.2f}%, 100% {{ visibility: hidden }}" if end < 99.99 else ""
        before = f"0%, {begin - 0.01:.2f}% {{ visibility: hidden }}" if number else ""
        rules.append(
            f"@keyframes frame-{number} {{ {before} {shown} {after} }}\n"
            f".frame-{number} {{ visibility: hidden; "
            f"animation: frame-{number} {whole:g}s step-end infinite }}"
        )
        # A nested picture has a place of its own.
        picture = frame.picture.replace("<svg ", f'<svg y="{CAPTION_HEIGHT}" height="{height}" ', 1)
        pictures.append(
            f'<g class="frame-{number}"><text class="caption" x="24" y="36">'
            f"{escape(frame.caption)}</text>\n{picture}</g>"
        )
        begin = end
    style = "\n".join(rules)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {width:g} {height + CAPTION_HEIGHT:g}">\n'
        f'<rect width="100%" height="100%" fill="#101218"/>\n<style>\n'
        ".caption { font: bold 26px sans-serif; fill: #e8eaf0; white-space: pre }\n"
        f"{style}\n</style>\n" + "\n".join(pictures) + "\n</svg>\n"
    )


async def record(directory: Path) -> list[Frame]:
    """Play the demo; the run goes into a directory."""
    plan = plan_run(RunOptions(out=directory))
    source = LiveRun(plan.settings, str(directory), plan.items, striking=True)
    app = InspectorApp(source, lambda: EngineClient(None))
    async with app.run_test(size=SIZE) as pilot:
        recording = Recording(app, pilot)
        try:
            await recording.play()
            await recording.stage()
        finally:
            await app.session.close()
    return recording.frames


def main() -> None:
    """Record, and write the picture."""
    (target,) = map(Path, sys.argv[1:])
    model = embedded_model(cache_directory(), lambda *_: None, lambda: None)
    with tempfile.TemporaryDirectory() as scratch:
        home = with_embedded(Path(scratch), model)
        os.environ["XDG_CACHE_HOME"] = str(home / "cache")
        frames = asyncio.run(record(home / "run"))
    target.write_text(animated(frames), encoding="utf-8")
    print(f"{target}: {len(frames)} frames, {target.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()

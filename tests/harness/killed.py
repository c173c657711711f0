"""One scene: played whole, then killed and resumed, and what must hold after that."""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import msgspec

from engine.runs.annotations import ANNOTATIONS, AnnotationLog
from engine.runs.asked import ASKED
from engine.runs.lock import RunLock
from engine.runs.reading import LOG, PARTS
from engine.runs.remedies import REMEDIES
from tests.harness.kill_scenes import Place, Scene
from tests.harness.killing import LEFT_SECONDS, LONGEST_SECONDS, Moment, Process, Trial
from tests.harness.painting import Painting, Scoring, Starring
from tests.harness.remains import differences, exports, left_over, remains, without_times

AFTER = "after the end"
"""The phase of a moment that the process did not live to see."""
APPENDED = (LOG, ASKED, REMEDIES, ANNOTATIONS)
FAILED, REFUSED, INTERRUPTED = 1, 2, 130


class Played:
    """A scene in its place.

    Attributes:
        scene: that is played.
        phases: the seconds that each phase took, of the scene as a whole; in the first one nothing
            was said yet. An inspector has one.
        steps: of writing, by role.
    """

    def __init__(self, scene: Scene, place: Place) -> None:
        self.scene = scene
        self.phases: list[float] = []
        self.steps: dict[str, list[str]] = {}
        self._place = place
        self._arguments = place.arguments(scene)
        self._notes = Path(tempfile.mkdtemp(prefix="notes-", dir=place.base))
        self._whole: dict[str, bytes] = {}
        self._found: list[str] = []
        self._rng = random.Random(scene.name)

    def play_whole(self) -> list[str]:
        """Play it without a kill; what is wrong with that already."""
        self.begin()
        began = time.monotonic()
        process, found = self._finish()
        times = [0.0, *(at for at, _ in process.said()), time.monotonic() - began]
        self.phases = [after - before for before, after in pairwise(times)]
        if self.scene.how in ("inspector", "starring"):
            self.phases = [times[-1]]
        self.steps = {who: self._trial.steps(who) for who in ("engine", "app")}
        self._whole = self._result(process)
        if not found:
            self._place.played(self.scene)
        return [*found, *(f"{name} is left" for name in left_over(self._place.home))]

    def begin(self) -> None:
        """Make the home anew, for the next trial."""
        self._place.begin(self.scene)
        shutil.rmtree(self._notes)
        self._notes.mkdir()
        self._found = []
        more = self._place.environment(self.scene)
        self._trial = Trial(self._place.home, self._notes, more)

    def kill(self, moment: Moment) -> str:
        """Start it and kill it; gives the phase that this was in."""
        self._trial.forget()
        processes = self._start(moment)
        phase = self._trial.strike(processes[moment.process], moment) or AFTER
        killed = processes[moment.process]
        if isinstance(killed, Painting) and killed.over() is None:
            # An inspector whose engine was killed says so and stays.
            os.kill(killed.pid, signal.SIGTERM)
        for process in processes:
            status = self._ended(process)
            if process is killed and phase != AFTER:
                self._check(process, status, moment, phase)
            elif status not in (0, REFUSED):
                self._found.append(f"what was not killed ended with {status}: {process.words()}")
        self._found += [f"lives on: {left}" for left in self._trial.left()]
        if moment.torn and phase != AFTER:
            self._tear()
        return phase

    def resume(self) -> list[str]:
        """Give the same command again; what is wrong then, or was after the kills."""
        self._trial.forget()
        saved = self.scene.saved is not None and (self._place.home / self.scene.saved).exists()
        process, found = self._finish(REFUSED if saved else 0)
        result = self._result(process)
        if saved:
            # The command that made it was killed before it could say so.
            result["printed"] = self._whole["printed"]
            # And before it let go of the run, which nobody has opened since.
            (self._place.home / "run" / RunLock.FILES[1]).unlink(missing_ok=True)
            result.pop(f"run/{RunLock.FILES[1]}", None)
        found += differences(result, self._whole)
        found += [f"{name} is left" for name in left_over(self._place.home)]
        return [*self._found, *found]

    # -- processes ---------------------------------------------------------------------------

    def _start(self, moment: Moment) -> list[Process]:
        match self.scene.how:
            case "command":
                return [self._trial.start(self._arguments, moment)]
            case "inspector":
                return [Scoring(self._trial.home, self._arguments, self._trial.more(moment))]
            case "starring":
                return [Starring(self._trial.home, self._arguments, self._trial.more(moment))]
            case "shared":
                return self._shared(moment)

    def _finish(self, status: int = 0) -> tuple[Process, list[str]]:
        """The same command once more, to its end; the one that tells, and what is wrong."""
        match self.scene.how:
            case "command":
                processes: list[Process] = [self._trial.start(self._arguments)]
            case "inspector":
                processes = [self._trial.start(["score", "--json", *self._arguments])]
            case "starring":
                processes = [Starring(self._trial.home, self._arguments, self._trial.more())]
            case "shared":
                processes = self._shared()
        ended = [self._ended(process, LONGEST_SECONDS) for process in processes]
        if (self._place.home / "run" / PARTS).exists():
            # One that let go too late for the other to wait: the next start takes its part over.
            self._ended(self._trial.start(self._arguments), LONGEST_SECONDS)
        found = [
            f"given again, it ended with {one}: {process.words()[-2000:]}"
            for one, process in zip(ended, processes, strict=True)
            if one != status
        ]
        return processes[0], found + [f"lives on: {left}" for left in self._trial.left()]

    def _shared(self, moment: Moment | None = None) -> list[Process]:
        return [
            self._trial.start(
                self._arguments,
                moment if moment is not None and moment.process == rank else None,
                RANK=str(rank),
                LOCAL_RANK=str(rank),
                WORLD_SIZE="2",
            )
            for rank in range(2)
        ]

    def _ended(self, process: Process, seconds: float = LEFT_SECONDS) -> int | None:
        until = time.monotonic() + (LONGEST_SECONDS if self.scene.how == "shared" else seconds)
        while (status := process.over()) is None and time.monotonic() < until:
            process.look()
        if status is None:
            self._found.append(f"it hangs: {process.words()[-2000:]}")
            os.kill(process.pid, signal.SIGKILL)
        return status

    def _check(self, process: Process, status: int | None, moment: Moment, phase: str) -> None:
        """Whether a process that was killed, or whose engine was, ended as it should."""
        if moment.whom == "engine":
            # Where there was no engine yet, or none any more, the app was killed.
            expected = [FAILED, INTERRUPTED, -moment.signal]
        elif moment.signal == signal.SIGKILL:
            expected = [-signal.SIGKILL, FAILED]
        else:
            # Before it can hear a signal, the system ends it.
            expected = [INTERRUPTED, -moment.signal, FAILED]
        if status not in (0, *expected):
            self._found.append(f"{moment.how}: it ended with {status}: {process.words()[-2000:]}")
        if "Traceback" in process.words() and phase != "start":
            self._found.append(f"{moment.how}: {process.words()[-3000:]}")

    # -- what is on disk ---------------------------------------------------------------------

    def _result(self, process: Process) -> dict[str, bytes]:
        home, scene = self._place.home, self.scene
        result = {"printed": without_times(process.printed())}
        if scene.how in ("inspector", "starring"):
            result = {}
            found = remains(home / "run")
        else:
            found = remains(home)
        if scene.how == "starring":
            noted = AnnotationLog(home / "run").by_item
            found[ANNOTATIONS] = msgspec.json.encode(noted, order="sorted")
        result |= found
        if scene.run is not None:
            result |= exports(home / scene.run, self._place.base)
        return result

    def _tear(self) -> None:
        """Leave half a line of a file that the killed process has appended to."""
        run = self._place.home / (self.scene.run or "run")
        grown = [path for name in APPENDED if (path := run / name).exists() and self._has(path)]
        if grown:
            path = self._rng.choice(grown)
            last = path.read_bytes().splitlines()[-1]
            with path.open("ab") as file:
                file.write(last[: self._rng.randrange(1, len(last))])

    def _has(self, path: Path) -> bool:
        """Whether a file has whole lines, and more than when the scene began."""
        content = path.read_bytes()
        begun = self._place.begun(self.scene, path)
        return content.endswith(b"\n") and content != begun

"""What a command without a screen says of a run while it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.records.errors import UserError
from engine.records.protocol import (
    Event,
    ItemScored,
    ManifestChanged,
    Notice,
    OpenRun,
    Progress,
    Request,
    RunOpened,
)
from engine.records.settings import Settings
from tui.commands.talk import Talk, clock
from tui.state.state import RunState

if TYPE_CHECKING:
    from engine.runs.reading import Run
    from tui.process.client import EngineClient


class RunTalk:
    """Folds a run's events, and says on standard error what is worth saying of them.

    Attributes:
        state: the run, as far as its events have told.
    """

    def __init__(self, talk: Talk, *, quiet: bool = False, remote: bool = False) -> None:
        """Tell through `talk`; quiet leaves out what is about scoring. The run of a remote engine
        is on another machine."""
        self.state = RunState(Settings())
        self._talk = talk
        self._model_told = False
        self._quiet = quiet
        self._where = " on the engine's machine" if remote else ""

    @property
    def kept(self) -> str:
        """What a run that was cut short leaves; empty where nothing was begun."""
        state = self.state
        if not state.directory:
            return ""
        return (
            f"{state.scored} of {state.total} items are kept in {state.directory}{self._where}; "
            "the same command goes on from there."
        )

    def tell(self, event: Event) -> None:
        """Fold an event and tell of it."""
        self.state.fold(event)
        match event:
            case RunOpened():
                self._opened(event)
            case ManifestChanged():
                self._model()
            case Progress():
                self._talk.progress(f"{event.stage} {event.variant}", progress_line(event))
            case ItemScored() if not self._quiet:
                self._scored()
            case Notice(text=text):
                self._talk.say(f"note: {text}")

    def _opened(self, event: RunOpened) -> None:
        if not self._quiet:
            done = f", {event.done} already scored" if event.done else ""
            self._talk.say(f"run: {event.directory}{self._where} ({event.items} items{done})")
        self._model()

    def _model(self) -> None:
        manifest = self.state.manifest
        if self._model_told or manifest is None or not (manifest.model and manifest.device):
            return
        self._model_told = True
        self._talk.say(f"model: {manifest.model.name} on {manifest.device}, {manifest.dtype}")

    def _scored(self) -> None:
        state = self.state
        if state.scored <= state.resumed:
            return
        text = f"scored {state.scored} of {state.total}"
        left = state.seconds_left()
        if left is not None:
            text += f", {clock(left)} left"
        self._talk.progress("score" if state.scored < state.total else "scored", text)


def told_run(client: EngineClient, directory: str, talk: Talk) -> Run:
    """A run on the disk of the engine's machine, as the engine tells it.

    Args:
        client: of an engine that was not started yet; it has ended afterwards.
        directory: the run's path there, or its name.
        talk: what is said meanwhile.

    Raises:
        UserError: there is no such run, or the engine can't be reached.
        Interrupted: as `converse`.
    """
    from tui.process.headless import converse

    events = RunTalk(talk, quiet=True)

    def receive(event: Event) -> Request | None:
        events.tell(event)
        return None

    try:
        converse(client, [OpenRun(directory=directory, tell=True)], receive, talk.stopping)
    finally:
        talk.clear()
    run = events.state.run()
    if run is None:
        raise UserError("the engine opened a run that it never told of", status=1)
    return run


def progress_line(event: Progress) -> str:
    """One line for a stage: "prune wanda:0.45: block 3 of 30"."""
    stage = f"{event.stage} {event.variant}" if event.variant else event.stage
    line = f"{stage}: {event.detail}" if event.detail else stage
    if event.total is None or f" of {event.total}" in event.detail:
        return line
    return f"{line} ({event.done:,} of {event.total:,})"

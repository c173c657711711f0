"""What nobody foresaw: one clear message, and a log, instead of a traceback on the screen."""

from __future__ import annotations

import io
import os
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import App
from textual.worker import WorkerFailed

from engine.records.errors import UserError
from engine.text import displayable, truncated
from tui.process.engine_log import append, new_log
from tui.state.session import SavedRun, Session

if TYPE_CHECKING:
    from rich.console import RenderableType

MESSAGE_CELLS = 300


@dataclass(frozen=True)
class Crash:
    """The first thing that went wrong: in one line, and with all that is known of it."""

    error: BaseException | None
    details: str

    @property
    def line(self) -> str:
        """What it was, such as "KeyError: 0"."""
        if self.error is None:
            last = self.details.strip().splitlines()[-1:]
            return truncated(displayable("".join(last)), MESSAGE_CELLS)
        name, text = type(self.error).__name__, str(self.error)
        return truncated(displayable(f"{name}: {text}" if text else name), MESSAGE_CELLS)


class CrashingApp(App[int]):
    """A base of apps, put first: it ends at an error as any app does, and tells nothing of it.

    Attributes:
        crash: what it ended at; None where all was well.
    """

    crash: Crash | None = None

    def note_crash(self, error: BaseException) -> None:
        """Keep what went wrong, where nothing did before."""
        if isinstance(error, WorkerFailed):
            error = error.error
        if self.crash is None:
            self.crash = Crash(error, "".join(traceback.format_exception(error)))

    def panic(self, *renderables: RenderableType) -> None:
        """End at an error of which only a drawing is there."""
        if self.crash is None:
            from rich.console import Console

            drawn = io.StringIO()
            Console(file=drawn, width=120).print(*renderables)
            self.crash = Crash(None, drawn.getvalue())
        self._close_messages_no_wait()

    def _handle_exception(self, error: Exception) -> None:
        self.note_crash(error)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # Textual's own draws the traceback, with the values of all variables.
        self._close_messages_no_wait()


def crash_report(crash: Crash, session: Session) -> UserError:
    """What to tell of a crash, once the terminal is as it was; writes the log."""
    if isinstance(crash.error, UserError):
        hints = [crash.error.hint, kept(session)]
        return UserError(crash.error.message, "\n".join(filter(None, hints)), status=1)
    log = new_log("inspector")
    append(log, crash.details)
    hints = [f"The traceback is in {log}", kept(session)]
    return UserError(
        f"the inspector met what it was not made for: {crash.line}",
        "\n".join(hints),
        status=1,
    )


def kept(session: Session) -> str:
    """Where the run is, that it is safe, and how to go on."""
    state, source = session.state, session.source
    if isinstance(source, SavedRun):
        return f"The run is safe; go on with: illusion-tui open {os.fspath(source.directory)}"
    if state.directory is None:
        return "Nothing was begun; start it again."
    return (
        f"{state.scored} of {state.total} items are kept in {state.directory}; "
        "the same command goes on from there."
    )

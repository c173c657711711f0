"""The end of the screen from outside: signals, and a terminal that is closed."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

from tui.process.signals import ending_signals
from tui.process.terminal import Terminal

INTERRUPTED = 130
LEAVE_SECONDS = 8.0
"""So long the app and its engine have for an orderly end."""
LOOK_SECONDS = 1.0


class Ending:
    """While this is entered, what asks the process to end is heard.

    The first signal, or the end of the terminal, makes the app leave. Where that takes too long, or
    at a second signal, the terminal is put back by hand and the process ends. Enter it in the main
    thread, while the event loop runs.

    Args:
        leave: makes the app leave; called in the event loop.
        kill: ends the engine at once.
    """

    def __init__(self, leave: Callable[[], None], kill: Callable[[], None]) -> None:
        self._leave = leave
        self._kill = kill
        self._asked: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}
        self._over = threading.Event()
        self._timer: threading.Timer | None = None

    @property
    def asked(self) -> str:
        """The name of the signal that asked; empty where none did."""
        return self._asked.name if self._asked else ""

    def __enter__(self) -> Self:
        self._terminal = Terminal()
        self._loop = asyncio.get_running_loop()
        for number in ending_signals():
            # Not the event loop's own handlers: these are heard as well while it is busy.
            self._before[number] = signal.signal(number, self._signalled)
        threading.Thread(target=self._look_at_terminal, name="terminal", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._timer is not None:
            self._timer.cancel()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _signalled(self, number: int, _: FrameType | None) -> None:
        if self._asked is None:
            self._begin(signal.Signals(number))
        else:
            self._end_at_once()

    def _begin(self, number: signal.Signals) -> None:
        self._asked = number
        self._timer = threading.Timer(LEAVE_SECONDS, self._end_at_once)
        self._timer.daemon = True
        self._timer.start()
        self._loop.call_soon_threadsafe(self._leave)

    def _look_at_terminal(self) -> None:
        # Where no signal comes of it, nothing else ends the app: its input is empty for ever.
        while not self._over.wait(LOOK_SECONDS):
            if self._terminal.gone and self._asked is None:
                self._begin(getattr(signal, "SIGHUP", signal.SIGTERM))
                return

    def _end_at_once(self) -> None:
        self._terminal.restore()
        self._kill()
        os._exit(INTERRUPTED)

"""What ties the engine to its client: signs of life one way, and an end when the client is gone."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable

ALIVE_SECONDS = 5.0
"""The client is sent at least an empty line so often."""
GRACE_SECONDS = 2.0
"""What is under way has so long to come to its next step when the client is gone."""


class Lifeline:
    """Watches, in a thread, whether the client still reads.

    The output tells of the client's end even while the input is not read, and whatever the rest of
    the engine is at: importing, compressing, scoring.

    Args:
        output: file descriptor that the client reads from.
        beat: sends a sign of life.
    """

    def __init__(self, output: int, beat: Callable[[], None]) -> None:
        self._output = output
        self._beat = beat
        self._stop: Callable[[], None] | None = None
        self._over = False

    def start(self) -> None:
        """Begin to watch."""
        threading.Thread(target=self._watch, name="lifeline", daemon=True).start()

    def stop_by(self, stop: Callable[[], None]) -> None:
        """From now on there is something to stop in an orderly way."""
        self._stop = stop

    def end(self) -> None:
        """The engine ends by itself: there is nothing to watch any more."""
        self._over = True

    def lose(self) -> None:
        """The client is gone: stop what is under way, and end, at the latest after the grace."""
        if self._stop is None:
            end_at_once()
            return
        timer = threading.Timer(GRACE_SECONDS, self._insist)
        timer.daemon = True
        timer.start()
        self._stop()

    def _insist(self) -> None:
        if not self._over:
            end_at_once()

    def _watch(self) -> None:
        while not _closed(self._output, ALIVE_SECONDS):
            if self._over:
                return
            self._beat()
        if not self._over:
            self.lose()


def end_at_once() -> None:
    """End the process, and what it started; what is scored is on disk."""
    # Only where the client made a session for it: elsewhere the group has others in it.
    if sys.platform != "win32" and os.getsid(0) == os.getpid():
        os.killpg(os.getpid(), signal.SIGTERM)
    os._exit(1)


def _closed(descriptor: int, seconds: float) -> bool:
    """Wait so long for the other end to be closed."""
    if not hasattr(select, "poll"):
        # There a sign of life that can't be sent tells.
        time.sleep(seconds)
        return False
    poll = select.poll()
    # Errors and hang-ups are reported without being asked for.
    poll.register(descriptor, 0)
    return bool(poll.poll(seconds * 1000))

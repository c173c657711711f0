"""The terminal as it was found, to be put back by hand where nothing else can."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from typing import IO, Any

if sys.platform != "win32":
    import termios

WRITE_SECONDS = 0.5
RESET = "".join(
    (
        "\x1b[?2026l",  # what is drawn is shown
        "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l",  # no mouse
        "\x1b[?1004l",  # no word of the focus
        "\x1b[?2004l",  # a paste is typed
        "\x1b[?2048l",  # no word of the size
        "\x1b[?7h",  # lines wrap
        "\x1b[<u",  # keys as everywhere
        "\x1b[0m\x1b[?1049l",  # the screen of before
        "\x1b[?25h",  # a cursor
    )
)


class Terminal:
    """How the terminal was when this was made: nothing where there is none."""

    def __init__(self) -> None:
        self._input = _terminal(sys.__stdin__)
        # Textual draws on standard error.
        self._output = _terminal(sys.__stderr__)
        self._attributes: list[Any] | None = None
        if sys.platform != "win32" and self._input is not None:
            with contextlib.suppress(termios.error):
                self._attributes = termios.tcgetattr(self._input)

    @property
    def gone(self) -> bool:
        """Whether there was one, and its other end is closed."""
        return any(
            number is not None and not os.isatty(number) for number in (self._input, self._output)
        )

    def restore(self) -> None:
        """Put it back, as far as it takes anything."""
        if sys.platform == "win32":
            return
        if self._input is not None and self._attributes is not None:
            with contextlib.suppress(termios.error, OSError):
                termios.tcsetattr(self._input, termios.TCSANOW, self._attributes)
        if self._output is not None:
            with contextlib.suppress(OSError, ValueError):
                # A terminal that is stopped (Ctrl+S) must not stop this.
                if select.select([], [self._output], [], WRITE_SECONDS)[1]:
                    os.write(self._output, RESET.encode())


def _terminal(stream: IO[str] | None) -> int | None:
    try:
        number = stream.fileno() if stream is not None else -1
    except (OSError, ValueError):
        return None
    return number if number >= 0 and os.isatty(number) else None

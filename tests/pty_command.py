"""The command in a pseudo-terminal: what it paints, and how long that takes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import psutil

from tests.cli_helpers import environment

PROGRAM = "from tui.cli import main; main()"
"""What the installed script `illusion-tui` does."""

_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^\[\]]")
READ_BYTES = 1 << 16


class PtyCommand:
    """`illusion-tui` with arguments in a terminal of its own, started on construction.

    Attributes:
        started: the moment, of `time.perf_counter`.
        painted: the text that the last wait was satisfied by, without escape sequences. Where the
            cursor was moved, a new line begins.

    Args:
        home: where its config, runs, logs and caches are.
        size: columns and lines.
        before: Python that runs first.
    """

    def __init__(
        self,
        home: Path,
        *arguments: object,
        size: tuple[int, int],
        before: str = "",
        **more: str,
    ) -> None:
        command = [sys.executable, "-c", f"{before}\n{PROGRAM}", *map(str, arguments)]
        variables = environment(home, TERM="xterm-256color", COLORTERM="truecolor", **more)
        for name in ("COLUMNS", "LINES", "TEXTUAL_THEME", "TEXTUAL_DRIVER"):
            variables.pop(name, None)
        primary, secondary = pty.openpty()
        fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self._terminal = primary
        self._status: int | None = None
        self._raw = b""
        self._all = bytearray()
        self.painted = ""
        self.started = time.perf_counter()
        streams = [(os.POSIX_SPAWN_DUP2, secondary, number) for number in range(3)]
        self.pid = os.posix_spawn(
            command[0],
            command,
            variables,
            file_actions=[*streams, (os.POSIX_SPAWN_CLOSE, primary)],
            setsid=True,
        )
        os.close(secondary)

    def seconds_until(
        self, painted: Callable[[str], bool], *, since: float | None = None, limit: float = 20
    ) -> float:
        """From a moment (None: the start) until what was painted since the last call suffices.

        Args:
            painted: is given the text, without escape sequences.
            since: of `time.perf_counter`.
            limit: seconds to wait.

        Raises:
            TimeoutError: it never did; the message has the end of what was painted.
        """
        since = self.started if since is None else since
        deadline = time.perf_counter() + limit
        while True:
            self.painted = _text(self._raw)
            if painted(self.painted):
                self._raw = b""
                return time.perf_counter() - since
            left = deadline - time.perf_counter()
            if left <= 0 or not self._read(left):
                raise TimeoutError(f"painted was only: …{self.painted[-2000:]!r}")

    def wait_for(self, text: str, limit: float = 600) -> None:
        """Wait until a text is painted, or was at any time; raises TimeoutError."""
        deadline = time.perf_counter() + limit
        while text.encode() not in self._all:
            if not self._read(max(deadline - time.perf_counter(), 0)):
                raise TimeoutError(f"not painted: {text!r}")

    def seconds_for(self, keys: str, painted: Callable[[str], bool]) -> float:
        """From pressing keys until what is painted after it suffices."""
        while self._read(0):
            pass
        self._raw = b""
        pressed = time.perf_counter()
        self.press(keys)
        return self.seconds_until(painted, since=pressed)

    def press(self, keys: str) -> None:
        """Send keys."""
        os.write(self._terminal, keys.encode())

    def listen(self, seconds: float) -> str:
        """Read for so long; gives what was painted since the last wait."""
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            self._read(left)
        text, self._raw = _text(self._raw), b""
        return text

    def peak_bytes(self) -> int:
        """The most memory that the process has had so far, without its children's."""
        status = Path(f"/proc/{self.pid}/status")
        if status.exists():
            found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text())
            assert found is not None
            return 1024 * int(found[1])
        return int(psutil.Process(self.pid).memory_info().rss)

    @property
    def seen(self) -> bytes:
        """All that it has written so far."""
        return bytes(self._all)

    def attributes(self) -> list[object]:
        """How the terminal is set: what `stty -a` shows."""
        return termios.tcgetattr(self._terminal)

    def hang_up(self) -> None:
        """Close the terminal."""
        os.close(self._terminal)
        self._terminal = -1

    def ended(self, limit: float = 30) -> int:
        """Wait for the process; gives its exit status, negative for a signal.

        Raises:
            TimeoutError: it lives on.
        """
        deadline = time.perf_counter() + limit
        while self._status is None:
            if self._terminal >= 0:
                while self._read(0.05):
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
            elif time.perf_counter() > deadline:
                raise TimeoutError("the process lives on")
            else:
                time.sleep(0.02)
        if self._terminal >= 0:
            while self._read(0.2):
                pass
        return self._status

    def close(self) -> None:
        """End the process and wait for it."""
        if self._status is None:
            self._kill()
        if self._terminal >= 0:
            os.close(self._terminal)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            children = psutil.Process(self.pid).children(recursive=True)
            os.kill(self.pid, signal.SIGKILL)
            for child in children:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
        os.waitpid(self.pid, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, seconds: float) -> bool:
        """Read once; tells whether anything came."""
        ready, _, _ = select.select([self._terminal], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._terminal, READ_BYTES)
        except OSError:
            return False
        self._raw += data
        self._all += data
        return bool(data)


def _text(raw: bytes) -> str:
    return _ESCAPE.sub(
        lambda found: "\n" if found[0].endswith("H") else "", raw.decode("utf-8", "replace")
    )

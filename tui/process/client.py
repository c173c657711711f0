"""The engine as a subprocess: requests out, events in."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from engine.records.errors import UserError
from engine.records.protocol import (
    EngineReady,
    Event,
    Failed,
    Message,
    Request,
    Shutdown,
    encode,
)
from tui.process.elsewhere import named_paths, placed
from tui.process.engine_log import new_log, tail
from tui.process.incoming import Incoming, shown
from tui.process.ssh import is_ssh, ssh_ended
from tui.process.versions import compared
from tui.process.watch import Patience

# -P: a folder named "engine" where the user happens to be must not be taken for ours.
LOCAL_ENGINE = (sys.executable, "-P", "-m", "engine.server")
DEATH_SECONDS = 10.0
TERMINATE_SECONDS = 2.0


class EngineClient:
    """One engine process, local or at the far end of a command such as `ssh host illusion-engine`.

    The process never touches the terminal: it has a session of its own, its standard error goes
    to `log`, and its standard input and output carry the protocol.

    Args:
        command: program and arguments; None starts the engine of this installation.
        log: file that the engine's standard error is appended to; None makes a new one in the
            user's log directory.
        patience: how long it is waited for, and how much of what it says is taken.
    """

    def __init__(
        self,
        command: Sequence[str] | None = None,
        log: Path | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.command = tuple(command or LOCAL_ENGINE)
        self.log = log or new_log()
        self._log_start = 0
        self._process: asyncio.subprocess.Process | None = None
        self._incoming = Incoming(command, self.log, patience or Patience())
        self._stopping = asyncio.Lock()
        self._stop_asked = False
        self._paths: dict[str | None, tuple[str, ...]] = {}

    @property
    def pid(self) -> int | None:
        """Process id of the engine (of the command that reaches it); None before `start`."""
        return self._process.pid if self._process else None

    @property
    def returncode(self) -> int | None:
        """Exit status; negative for a signal, None while the engine runs or was not started."""
        return self._process.returncode if self._process else None

    async def start(self) -> None:
        """Start the process.

        Raises:
            UserError: the command can't be run, or the log file can't be written.
        """
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            log = self.log.open("ab")
        except OSError as error:
            raise UserError(
                f"the engine's log {self.log} can't be written: {error.strerror}",
                "Check that the directory may be written to.",
                status=1,
            ) from error
        with log:
            self._log_start = self._incoming.log_start = log.tell()
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self.command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                    env={**os.environ, "PYTHONFAULTHANDLER": "1", "PYTHONUTF8": "1"},
                    start_new_session=True,
                )
            except OSError as error:
                raise UserError(
                    f"the engine can't be started: {self.command[0]}: {error.strerror}",
                    "Check the command given with --engine."
                    if self.command != LOCAL_ENGINE
                    else "Install illusion-tui again.",
                ) from error

    async def send(self, request: Message) -> None:
        """Send a request; to an engine that is gone it is dropped, `events` tells of the end."""
        paths = named_paths(request) if self.command != LOCAL_ENGINE else ()
        if paths and isinstance(request, Request):
            self._paths[request.id] = paths
        try:
            line = encode(request)
        except (UnicodeEncodeError, OverflowError) as error:
            raise UserError(
                f"the engine can't be asked so: {error}", "Type it again, in UTF-8."
            ) from error
        await self.send_line(line)

    async def send_line(self, line: bytes) -> None:
        """Send a request that was encoded elsewhere, as `send` does."""
        process = self._started()
        assert process.stdin is not None
        if process.stdin.is_closing():
            return
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(line)
            await process.stdin.drain()

    async def events(self) -> AsyncIterator[Event]:
        """Yield events until the engine's output closes, or the engine is given up.

        See `Incoming` for what isn't one. An engine that speaks another version of the protocol
        gives `Failed`, and the events end; one that is only of another version gives `Notice`.
        """
        while (event := await self._incoming.next(self._output())) is not None:
            told = compared(event) if isinstance(event, EngineReady) else None
            if isinstance(told, Failed):
                # There is nothing to finish, and it may be loading its libraries for a while.
                self._stop_asked = self._incoming.closing = True
                self._signal(signal.SIGTERM)
                yield told
                return
            if isinstance(event, Failed):
                event = placed(event, self._paths.get(event.id, ()))
            yield event
            if told is not None:
                yield told

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield events as `events` does, for whoever passes them on: of any version, as lines."""
        while (line := await self._incoming.next_line(self._output())) is not None:
            yield line

    async def stop(self, grace_seconds: float = 3.0) -> int | None:
        """Ask the engine to stop, then make it; returns its exit status.

        Events that it still sends are kept for `events`. Safe to call more than once.

        Args:
            grace_seconds: how long the engine may take to finish its batch.
        """
        self._stop_asked = self._incoming.closing = True
        async with self._stopping:
            if self._process is None:
                return None
            if self._process.returncode is None:
                await self._ask_to_stop(grace_seconds)
            if not await self._ends_within(grace_seconds):
                self._signal(signal.SIGTERM)
                if not await self._ends_within(TERMINATE_SECONDS):
                    self._signal(_KILL)
                    await self._ends_within(DEATH_SECONDS)
            await self._close_input()
            return self._process.returncode

    def kill(self) -> None:
        """End the engine at once; `events` ends, and what was on disk stays."""
        self._stop_asked = self._incoming.closing = True
        if self._process is not None and self._process.returncode is None:
            self._signal(_KILL)

    async def ending(self) -> Failed | None:
        """Why the events ended: None after `stop` or an orderly exit, else what happened.

        Waits for the process to exit; one that was given up, or closed its output but lives on, is
        stopped.
        """
        if self._process is None or self._stop_asked:
            return None
        given_up = self._incoming.given_up
        if given_up is not None:
            await self.stop(grace_seconds=0)
            self._incoming.look_at_log()
            return self._failure(given_up.what, hint=given_up.hint)
        if not await self._ends_within(DEATH_SECONDS):
            await self.stop(grace_seconds=0)
            return self._failure(f"closed its output but did not exit{self._when}")
        status = self._process.returncode
        if status == 0 and self._incoming.ready:
            return None
        if status and is_ssh(self.command):
            last = shown(self.stderr_tail(1).strip())
            cut = ssh_ended(self.command, status, last, ready=self._incoming.ready)
            if cut is not None:
                hint = "\n".join(filter(None, (cut.hint, f"Its log: {self.log}")))
                return Failed(message=cut.message, hint=hint)
        if status is not None and status < 0:
            name = signal.Signals(-status).name
            return self._failure(f"was killed ({name}){self._when}", memory=-status == _KILL)
        return self._failure(f"ended with exit status {status}{self._when}")

    def stderr_tail(self, lines: int = 20) -> str:
        """The last lines that this engine wrote to its standard error."""
        return tail(self.log, lines, start=self._log_start)

    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError("the engine was not started")
        return self._process

    def _output(self) -> asyncio.StreamReader:
        stdout = self._started().stdout
        assert stdout is not None
        return stdout

    @property
    def _when(self) -> str:
        return "" if self._incoming.ready else " before it was ready"

    def _failure(self, what: str, *, hint: str = "", memory: bool = False) -> Failed:
        last = self.stderr_tail(1).strip()
        hints = [hint] if hint else []
        if memory:
            hints.append("The machine may have run out of memory.")
        elif last:
            hints.append(f"Its last words: {shown(last)}")
        hints.append(f"Its log: {self.log}")
        return Failed(message=f"the engine {what}", hint="\n".join(hints))

    async def _ask_to_stop(self, grace_seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self.send(Shutdown())
        process = self._started()
        assert process.stdin is not None
        process.stdin.close()

    async def _close_input(self) -> None:
        """Let go of the pipe while the event loop still runs."""
        stdin = self._started().stdin
        assert stdin is not None
        stdin.close()
        with contextlib.suppress(TimeoutError, BrokenPipeError, ConnectionResetError):
            async with asyncio.timeout(1.0):
                await stdin.wait_closed()

    async def _ends_within(self, seconds: float) -> bool:
        """Whether the process exits in time; its output is read meanwhile."""
        process = self._started()
        drain = asyncio.ensure_future(self._incoming.drain(self._output()))
        try:
            async with asyncio.timeout(seconds):
                await process.wait()
                return True
        except TimeoutError:
            return process.returncode is not None
        finally:
            if process.returncode is not None:
                # What it wrote last is still in the pipe, unless a child of it holds that open.
                await asyncio.wait((drain,), timeout=1.0)
            drain.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await drain

    def _signal(self, number: int) -> None:
        """Send a signal to the engine and to whatever it started."""
        process = self._started()
        with contextlib.suppress(ProcessLookupError):
            if sys.platform == "win32":
                process.terminate()
            else:
                os.killpg(process.pid, number)


_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)

"""The worker: serves one request at a time, questions ahead of background work."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

import msgspec
import torch

from engine.inspection.inbox import Inbox
from engine.inspection.opened import OpenedRun
from engine.inspection.progress import throttled
from engine.models.batch_size import is_out_of_memory
from engine.records.errors import Cancelled, UserError
from engine.records.protocol import Ended, Event, Failed, Question, Request, RunOpened
from engine.records.share import ALONE, Share
from engine.runs.log import RunLog
from engine.system_errors import memory_is_out, system_failure

KEPT = "What is scored so far is kept."


class Inspection:
    """What is open in this process, and the worker that owns the device.

    Args:
        inbox: where requests arrive.
        emit: takes every event.
        serve: does a request with what this offers to handlers; raises `UserError` for what a
            person can mend.
    """

    def __init__(
        self,
        inbox: Inbox,
        emit: Callable[[Event], None],
        serve: Callable[[Inspection, Request], None],
    ) -> None:
        self._inbox = inbox
        self._handler = serve
        self._emit = throttled(emit)
        self._run: OpenedRun | None = None
        self._served: list[Request] = []

    def serve(self) -> None:
        """Serve requests until a `Shutdown` arrives."""
        try:
            while (request := self._inbox.get()) is not None:
                self._serve(request)
        except Cancelled:
            pass
        finally:
            self.close_run()

    # -- what handlers use ----------------------------------------------------------------

    def emit(self, event: Event) -> None:
        """Tell an event, as an answer to the request that is being served."""
        if self._served:
            event = msgspec.structs.replace(event, id=self._served[-1].id)
        self._emit(event)

    def check(self) -> None:
        """Raise `Cancelled` where the request that is being served is to stop."""
        self._inbox.check()

    def step(self, answerable: Callable[[Question], bool] = lambda question: True) -> None:
        """`check` for background work: between its steps, also within a batch, questions that have
        arrived are answered; the work then goes on as if nothing had been asked.

        Those that are not `answerable` yet go on waiting.
        """
        self.check()
        while (question := self._inbox.next_question(answerable)) is not None:
            with torch.inference_mode(False):
                self._serve(question)
            self.check()

    def between_batches(self) -> None:
        """`step`, and stand still while scoring is paused."""
        self.step()
        while self._inbox.paused:
            self._inbox.wait_while_paused()
            self.step()

    @property
    def run(self) -> OpenedRun:
        """The run that is open.

        Raises:
            UserError: none is.
        """
        if self._run is None:
            raise UserError("no run is open", "Open one first.")
        return self._run

    def open_run(self, log: RunLog, share: Share = ALONE) -> OpenedRun:
        """Make this the run that questions are about, and tell of it."""
        self._run = OpenedRun(log, self.emit, self.check, share)
        self.emit(
            RunOpened(
                directory=str(log.directory),
                manifest=log.manifest,
                items=len(log.items),
                done=len(log.scored),
            )
        )
        return self._run

    def close_run(self) -> None:
        """Let go of the run that is open, if any."""
        if self._run is not None:
            self._run.close()
        self._run = None

    # -- serving --------------------------------------------------------------------------

    def _serve(self, request: Request) -> None:
        """Serve a request and tell how it ended; raises `Cancelled` only where all is to stop."""
        self._served.append(request)
        self._inbox.begin(request)
        cancelled = False
        try:
            self._handle(request)
        except Cancelled:
            if self._inbox.stopping:
                raise
            cancelled = True
        finally:
            self._inbox.end()
            self._served.pop()
        self._emit(Ended(id=request.id, cancelled=cancelled))

    def _handle(self, request: Request) -> None:
        try:
            self._handler(self, request)
        except Cancelled:
            raise
        except UserError as error:
            self.emit(Failed(message=error.message, hint=error.hint, status=error.status))
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            known = is_out_of_memory(error)
            if known or memory_is_out():
                why = str(error) if known else ""
                message = f"the device is out of memory: {why or 'the system gives no more'}"
                hint = "Use fewer recipes at a time, a half-precision --dtype, or a smaller model."
            elif isinstance(error, OSError):
                failure = system_failure(error)
                message, hint = failure.message, failure.hint
            else:
                message = f"{type(error).__name__}: {error}"
                hint = "The engine's log has the traceback."
            self.emit(Failed(message=message, hint=f"{hint} {KEPT}"))

"""Requests on their way to the one worker that owns the device."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from engine.records.errors import Cancelled
from engine.records.protocol import (
    Cancel,
    Ended,
    Event,
    Question,
    Request,
    ScoringPaused,
    SetScoring,
    Shutdown,
)

RequestT = TypeVar("RequestT", bound=Request)


class Inbox:
    """Takes requests from the reading thread and sorts them for the worker.

    Everything that arrives is served: questions first, other requests in their order. Cancelling,
    pausing and stopping take effect when the worker next looks in.

    Attributes:
        paused: background scoring is to stand still.
        stopping: the worker is to end.
    """

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._arrived: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._questions: deque[Question] = deque()
        self._waiting: deque[Request] = deque()
        self._cancelled: set[str] = set()
        self._serving: list[str] = []
        self.paused = False
        self.stopping = False

    def put(self, request: Request) -> None:
        """Hand in a request; called from the reading thread."""
        self._arrived.put(request)

    def get(self) -> Request | None:
        """Wait for the next request to serve; None when it is time to stop."""
        while not self.stopping:
            for waiting in (self._questions, self._waiting):
                if waiting:
                    return waiting.popleft()
            self._sort(self._arrived.get())
        return None

    def next_question(self, answerable: Callable[[Question], bool]) -> Question | None:
        """The question that has waited longest of those that can be answered; None where none
        waits."""
        self._take_in()
        question = next(filter(answerable, self._questions), None)
        if question is not None:
            self._questions.remove(question)
        return question

    def wait_while_paused(self) -> None:
        """Block until scoring may go on, a question waits, or the worker is to stop."""
        self._take_in()
        while self.paused and not self._questions and not self._interrupted:
            self._sort(self._arrived.get())

    def begin(self, request: Request) -> None:
        """The worker begins to serve a request; another one may wait half served below it."""
        self._serving.append(request.id)

    def end(self) -> None:
        """The worker is through with the request that it began last."""
        self._cancelled.discard(self._serving.pop())

    def check(self) -> None:
        """Take in what has arrived.

        Raises:
            Cancelled: the worker is to stop, or the request that it serves was cancelled.
        """
        self._take_in()
        if self._interrupted:
            raise Cancelled

    @property
    def _interrupted(self) -> bool:
        return self.stopping or (bool(self._serving) and self._serving[-1] in self._cancelled)

    def _take_in(self) -> None:
        while True:
            try:
                self._sort(self._arrived.get_nowait())
            except queue.Empty:
                return

    def _sort(self, request: Request) -> None:
        match request:
            case Shutdown():
                self.stopping = True
            case Cancel():
                self._cancel(request.request)
                self._emit(Ended(id=request.id))
            case SetScoring(paused=paused):
                self.paused = paused
                self._emit(ScoringPaused(id=request.id, paused=paused))
                self._emit(Ended(id=request.id))
            case Question():
                self._questions.append(request)
            case _:
                self._waiting.append(request)

    def _cancel(self, request_id: str) -> None:
        if request_id in self._serving:
            self._cancelled.add(request_id)
            return
        if _left(self._questions, request_id) or _left(self._waiting, request_id):
            self._emit(Ended(id=request_id, cancelled=True))


def _left(waiting: deque[RequestT], request_id: str) -> bool:
    """Whether a request was among those that wait; it is not any more."""
    found = next((request for request in waiting if request.id == request_id), None)
    if found is not None:
        waiting.remove(found)
    return found is not None

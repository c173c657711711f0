"""An engine process that tests talk to line by line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from engine.records.protocol import Ended, Event, Failed, Message, decode_event, encode
from engine.records.settings import Settings
from tests.cli_helpers import environment


class Engine:
    """An engine process, and the events that it has told so far."""

    def __init__(self, home: Path, **more: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.server"],
            env=environment(home, **more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.seen: list[Event] = []

    def send(self, message: Message) -> None:
        self.write(encode(message))

    def write(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def events(self) -> Iterator[Event]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if not line.strip():
                continue  # A sign of life.
            event = decode_event(line)
            self.seen.append(event)
            yield event

    def until(self, kind: type[Event]) -> Event:
        """Read until an event of this type comes; a failure that isn't wanted fails the test."""
        for event in self.events():
            if isinstance(event, kind):
                return event
            if isinstance(event, Failed) and kind is not Failed:
                raise AssertionError(event)
        raise AssertionError(f"the engine ended without {kind.__name__}")

    def ended(self, *ids: str) -> dict[str, bool]:
        """Read until these requests are over; tells which were cancelled."""
        over: dict[str, bool] = {}
        for event in self.events():
            if isinstance(event, Ended) and event.id in ids:
                over[event.id] = event.cancelled
                if len(over) == len(ids):
                    return over
        raise AssertionError("the engine ended first")

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.seen if isinstance(event, kind)]


def tiny_settings(checkpoint: Path, **more: object) -> Settings:
    """A run of a second on the tiny model."""
    values: dict[str, object] = {
        "model": str(checkpoint),
        "recipes": ("wanda:0.5",),
        "languages": ("en",),
        "limit": 12,
        "calibration_sequences": 2,
        "calibration_tokens": 24,
        "answer_tokens": 4,
        "batch_size": 4,
        "dtype": "float32",
    }
    return Settings(**(values | more))  # type: ignore[arg-type]  # checked by the fields above

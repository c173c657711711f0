"""What passes between the inspector and the engine: one JSON object a line.

A request goes to the engine's standard input, an event comes from its standard output. Both are
tagged by their field `type`. Every event that answers a request carries the request's `id`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from engine.records.decodings.registry import AnyDecoding
from engine.records.hypotheses import Hypothesis, Redecode
from engine.records.lines import LineDecoder, encode_line
from engine.records.manifest import Manifest
from engine.records.scores import ScoredItem
from engine.records.settings import Settings

PROTOCOL = 1


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Base of all requests and events."""


# -- requests -----------------------------------------------------------------------------


class StartRun(Message, frozen=True, kw_only=True):
    """Score the items of `settings` into `directory` (None: chosen from the settings).

    Where the directory holds a run of the same settings, it goes on from there.
    """

    settings: Settings
    directory: str | None = None


class OpenRun(Message, frozen=True, kw_only=True):
    """Get ready to re-decode items of a saved run; the model is loaded at the first `Decode`."""

    directory: str


class Decode(Message, frozen=True, kw_only=True):
    """Re-decode one item under one or more variants; goes ahead of background scoring."""

    id: str
    item_id: str
    variants: tuple[str, ...]
    decoding: AnyDecoding


class CancelDecode(Message, frozen=True, kw_only=True):
    """Stop the re-decode `id` at its next step, or drop it if it has not begun."""

    id: str


class SetScoring(Message, frozen=True, kw_only=True):
    """Pause or resume the background scoring."""

    paused: bool


class Prune(Message, frozen=True, kw_only=True):
    """Make the first recipe's variant and write it to `directory` as a checkpoint."""

    settings: Settings
    directory: str


class Diagnose(Message, frozen=True, kw_only=True):
    """Report devices, memory, versions, caches, and what can be reached."""


class Shutdown(Message, frozen=True, kw_only=True):
    """Stop whatever runs and exit."""


Request = StartRun | OpenRun | Decode | CancelDecode | SetScoring | Prune | Diagnose | Shutdown


# -- events -------------------------------------------------------------------------------


class EngineReady(Message, frozen=True, kw_only=True):
    """The first event: the engine reads requests."""

    protocol: int
    version: str


class RunOpened(Message, frozen=True, kw_only=True):
    """The run directory is open; after `StartRun` the items that it holds follow as `ItemScored`.

    `items` counts all items of the run, `done` those already scored.
    """

    directory: str
    manifest: Manifest
    items: int
    done: int


class ManifestChanged(Message, frozen=True, kw_only=True):
    """More is known of the run: the model, the calibration, a finished variant."""

    manifest: Manifest


class Progress(Message, frozen=True, kw_only=True):
    """Progress of a stage: "items", "fetch", "convert", "load", "calibrate", "prune" or "recover".

    `detail` says what is under way; `total` is None where it is not known; `variant` names the
    one being made.
    """

    stage: str
    detail: str
    done: int
    total: int | None
    variant: str | None = None


class ItemScored(Message, frozen=True, kw_only=True):
    """An item has been scored under every variant, and is on disk."""

    scored: ScoredItem


class ScoringPaused(Message, frozen=True, kw_only=True):
    """Background scoring stands still (True) or goes on (False)."""

    paused: bool


class RunFinished(Message, frozen=True, kw_only=True):
    """Every item is scored (and recovered, where asked for)."""

    seconds: float


class DecodeStep(Message, frozen=True, kw_only=True):
    """A re-decode is under way: the hypotheses as far as they have come."""

    id: str
    variant: str
    step: int
    steps: int
    texts: tuple[str, ...]


class HypothesisFound(Message, frozen=True, kw_only=True):
    """A re-decode has one more finished hypothesis."""

    id: str
    variant: str
    hypothesis: Hypothesis


class DecodeFinished(Message, frozen=True, kw_only=True):
    """A re-decode of one variant is done, and is on disk."""

    id: str
    redecode: Redecode


class DecodeEnded(Message, frozen=True, kw_only=True):
    """The request `id` is over: all its variants are done, or it was cancelled."""

    id: str
    cancelled: bool = False


class CheckpointSaved(Message, frozen=True, kw_only=True):
    """`Prune` is done."""

    directory: str
    manifest: Manifest


class Diagnosis(Message, frozen=True, kw_only=True):
    """What `Diagnose` found: section, then name, then value."""

    sections: dict[str, dict[str, Any]]


class Notice(Message, frozen=True, kw_only=True):
    """Something a person should know that stops nothing."""

    text: str


class Failed(Message, frozen=True, kw_only=True):
    """Something went wrong.

    Attributes:
        message: what happened, in one sentence.
        hint: what to do next.
        status: exit status for a command without a screen: 2 for bad input, 1 for the rest.
        id: the re-decode that failed; None where the run itself can't go on.
    """

    message: str
    hint: str = ""
    status: int = 1
    id: str | None = None


Event = (
    EngineReady
    | RunOpened
    | ManifestChanged
    | Progress
    | ItemScored
    | ScoringPaused
    | RunFinished
    | DecodeStep
    | HypothesisFound
    | DecodeFinished
    | DecodeEnded
    | CheckpointSaved
    | Diagnosis
    | Notice
    | Failed
)

_requests: LineDecoder[Request] = LineDecoder(Request)
_events: LineDecoder[Event] = LineDecoder(Event)


def encode(message: Message) -> bytes:
    """One line, the newline included."""
    return encode_line(message)


def decode_request(line: bytes) -> Request:
    """Read a request.

    Raises:
        msgspec.ValidationError: the line is JSON but not a request.
        msgspec.DecodeError: the line is not JSON.
    """
    return _requests.decode(line)


def decode_event(line: bytes) -> Event:
    """Read an event; raises as `decode_request` does."""
    return _events.decode(line)

"""What passes between the inspector and the engine: one JSON object a line.

A request goes to the engine's standard input, an event comes from its standard output. Both are
tagged by their field `type`. A request has an id; every event that answers it carries that id, and
`Ended` is the last one, whether the request was done, failed or was cancelled. An empty line is a
sign of life.

A request or an event from another package is a subclass of `Request`, `Question` or `Event`; it is
read by every process that has imported its module before the first line is read.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any, Union

import msgspec

from engine.records.annotations import Annotation
from engine.records.decodings.registry import AnyDecoding
from engine.records.hypotheses import Hypothesis, Redecode
from engine.records.instruments.registry import AnyFinding, AnyInstrument
from engine.records.items import Item
from engine.records.lines import LineDecoder, encode_line
from engine.records.manifest import Manifest
from engine.records.remedies import RemedyReport, Trial
from engine.records.scores import ScoredItem
from engine.records.settings import Settings
from engine.records.share import ALONE, Share

PROTOCOL = 4

_numbers = itertools.count(1)


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Base of all requests and events."""


def _new_id() -> str:
    return f"request-{next(_numbers)}"


class Request(Message, frozen=True, kw_only=True):
    """What a client asks; `id` is unique among the requests of one client."""

    id: str = msgspec.field(default_factory=_new_id)


class Question(Request, frozen=True, kw_only=True):
    """A request about the run that is open: it goes ahead of background work."""

    def needs(self, variants: tuple[str, ...]) -> frozenset[str] | None:
        """All that must be ready for it of a run's variants, so that it can be answered while
        others are made; None where it waits for all of them."""
        return None


class Event(Message, frozen=True, kw_only=True):
    """What the engine tells; `id` is of the request that it answers, None where nothing asked."""

    id: str | None = None


# -- requests -----------------------------------------------------------------------------


class StartRun(Request, frozen=True, kw_only=True):
    """Score the items of `settings` into `directory` (None: chosen from the settings).

    Where the directory holds a run of the same settings, it goes on from there. Where several
    processes score one run, each does its `share`. `items` are those that the settings name, where
    the client has read them: their file is on its machine. None where the engine reads them.
    """

    settings: Settings
    directory: str | None = None
    share: Share = ALONE
    items: tuple[Item, ...] | None = None


class OpenRun(Request, frozen=True, kw_only=True):
    """Get ready to answer questions about a saved run; a model is loaded when one needs it.

    `directory` may be the name of a run that the engine's machine knows. `tell`: what the run holds
    is told as after `StartRun`, for a client that can't read it.
    """

    directory: str
    tell: bool = False


class Decode(Question, frozen=True, kw_only=True):
    """Re-decode one item under one or more variants."""

    item_id: str
    variants: tuple[str, ...]
    decoding: AnyDecoding

    def needs(self, variants: tuple[str, ...]) -> frozenset[str]:
        partners = (self.decoding.partner(one, variants) for one in self.variants)
        return frozenset((*self.variants, *filter(None, partners)))


class Probe(Question, frozen=True, kw_only=True):
    """Look into one variant with an instrument, for one item or many.

    What the run already has of it is told and not computed again.
    """

    item_ids: tuple[str, ...]
    variant: str
    instrument: AnyInstrument


class Ask(Question, frozen=True, kw_only=True):
    """Score a question of the user's own under every variant.

    It is kept in the run beside its items, and counts in no figure. What was asked just so before
    is told and not scored again.

    Attributes:
        gold: the right answer; empty for none, and then there is no verdict.
        options: of multiple choice; the gold answer is put among them where it is not there. Where
            there are none, options are borrowed from the run's items, if any are fitting.
        stem: the statement that the answer completes; empty for none, None for the one that follows
            from the question.
        language: BCP 47 tag; None for the one of the run's languages that fits.
    """

    question: str
    gold: str = ""
    options: tuple[str, ...] = ()
    stem: str | None = None
    language: str | None = None


class Cancel(Request, frozen=True, kw_only=True):
    """Stop the request `request` at its next step, or drop it if it has not begun."""

    request: str


class SetScoring(Request, frozen=True, kw_only=True):
    """Pause or resume the background scoring."""

    paused: bool


class Prune(Request, frozen=True, kw_only=True):
    """Make the first recipe's variant and write it to `directory` as a checkpoint."""

    settings: Settings
    directory: str


class Remedy(Request, frozen=True, kw_only=True):
    """Search for what brings the answers of the run that is open back, at the same sparsity.

    What was tried before is not tried again. `variant` is the run's first where it is None,
    `control` another sample. `text` is a file that perplexity is measured on; None for none.
    """

    variant: str | None = None
    control: str | None = None
    text: str | None = None


class Diagnose(Request, frozen=True, kw_only=True):
    """Report devices, memory, versions, caches, and what can be reached."""


class Shutdown(Request, frozen=True, kw_only=True):
    """Stop whatever runs and exit."""


# -- events -------------------------------------------------------------------------------


class EngineReady(Event, frozen=True, kw_only=True):
    """The first event: the engine reads requests.

    `alive_seconds`: from now on a line, which may be empty, comes at least so often; None where
    the engine doesn't promise that.
    """

    protocol: int
    version: str
    alive_seconds: float | None = None


class RunOpened(Event, frozen=True, kw_only=True):
    """The run directory is open; after `StartRun` the items that it holds follow as `ItemScored`,
    and what was asked beside them as `ItemAsked`.

    `items` counts all items of the run, `done` those already scored.
    """

    directory: str
    manifest: Manifest
    items: int
    done: int


class ManifestChanged(Event, frozen=True, kw_only=True):
    """More is known of the run: the model, the calibration, a finished variant."""

    manifest: Manifest


class Progress(Event, frozen=True, kw_only=True):
    """Progress of a stage: "items", "fetch", "convert", "load", "ahead", "calibrate", "prune",
    "recover", "remedy".

    `detail` says what is under way; `total` is None where it is not known; `variant` names the
    one being made.
    """

    stage: str
    detail: str
    done: int
    total: int | None
    variant: str | None = None


SHOWN_UNSCORED = 500
"""So many items are told, and shown, before they are scored."""


class ItemPreviewed(Event, frozen=True, kw_only=True):
    """An item as far as it is known: read, or scored under some variants. It is not on disk;
    `ItemScored` follows."""

    scored: ScoredItem


class ItemScored(Event, frozen=True, kw_only=True):
    """An item has been scored under every variant, and is on disk."""

    scored: ScoredItem


class ItemAsked(Event, frozen=True, kw_only=True):
    """A question of the user's has been scored under every variant, and is on disk."""

    scored: ScoredItem


class ItemsNoted(Event, frozen=True, kw_only=True):
    """What a person noted of the run's items before it was opened, by their ids."""

    annotations: dict[str, Annotation]


class ScoringPaused(Event, frozen=True, kw_only=True):
    """Background scoring stands still (True) or goes on (False)."""

    paused: bool


class RunFinished(Event, frozen=True, kw_only=True):
    """Every item is scored (and recovered, where asked for)."""

    seconds: float


class DecodeStep(Event, frozen=True, kw_only=True):
    """A re-decode is under way: the hypotheses as far as they have come."""

    variant: str
    step: int
    steps: int
    texts: tuple[str, ...]


class HypothesisFound(Event, frozen=True, kw_only=True):
    """A re-decode has one more finished hypothesis."""

    variant: str
    hypothesis: Hypothesis


class DecodeFinished(Event, frozen=True, kw_only=True):
    """A re-decode of one item under one variant is done, and is on disk."""

    redecode: Redecode


class RemedyTried(Event, frozen=True, kw_only=True):
    """A recipe was tried on the half of the items that remedies are chosen on."""

    trial: Trial


class RemedyFound(Event, frozen=True, kw_only=True):
    """The search is over, and what was chosen is proven on the other half."""

    report: RemedyReport


class ProbeStep(Event, frozen=True, kw_only=True):
    """An instrument is at work.

    Attributes:
        detail: what it is at.
        share: of the request that is done, from 0 to 1.
        finding: of the item that it is at, as far as it has come; None where there is nothing yet.
    """

    detail: str
    share: float
    finding: AnyFinding | None = None


class ProbeFinished(Event, frozen=True, kw_only=True):
    """An instrument is done with an item, and what it found is on disk."""

    finding: AnyFinding


class CheckpointSaved(Event, frozen=True, kw_only=True):
    """The checkpoint of `Prune` is complete."""

    directory: str
    manifest: Manifest


class Diagnosis(Event, frozen=True, kw_only=True):
    """What `Diagnose` found: section, then name, then value."""

    sections: dict[str, dict[str, Any]]


class Notice(Event, frozen=True, kw_only=True):
    """Something a person should know that stops nothing."""

    text: str


class Failed(Event, frozen=True, kw_only=True):
    """The request can't be done.

    Attributes:
        message: what happened, in one sentence.
        hint: what to do next.
        status: exit status for a command without a screen: 2 for bad input, 1 for the rest.
    """

    message: str
    hint: str = ""
    status: int = 1


class Ended(Event, frozen=True, kw_only=True):
    """The request is over: it was done, has `Failed`, or was cancelled."""

    cancelled: bool = False


# -- lines --------------------------------------------------------------------------------


class _Addressed(msgspec.Struct):
    """What can be told of a line that is no request."""

    type: str = ""
    id: str | None = None


def encode(message: Message) -> bytes:
    """One line, the newline included."""
    return encode_line(message)


def decode_request(line: bytes) -> Request:
    """Read a request.

    Raises:
        msgspec.ValidationError: the line is JSON but not a request.
        msgspec.DecodeError: the line is not JSON.
    """
    request: Request = _decoder(Request).decode(line)
    return request


def decode_event(line: bytes) -> Event:
    """Read an event; raises as `decode_request` does."""
    event: Event = _decoder(Event).decode(line)
    return event


def addressed(line: bytes) -> tuple[str, str | None]:
    """The type and the id of a line that can't be read as a request; empty where it has none."""
    try:
        found = _addresses.decode(line)
    except msgspec.DecodeError:
        return "", None
    return found.type, found.id


_addresses: LineDecoder[_Addressed] = LineDecoder(_Addressed)


@functools.cache
def _decoder(base: type[Message]) -> LineDecoder[Any]:
    return LineDecoder(Union[tuple(_kinds(base))])  # noqa: UP007  # made at run time


def _kinds(base: type[Message]) -> list[type[Message]]:
    """The classes that stand for messages: those that have no subclasses of their own."""
    kinds: list[type[Message]] = []
    for kind in base.__subclasses__():
        kinds += _kinds(kind) or [kind]
    return kinds

"""The engine's worker in this process, on a tiny model, and what it leaves on the disk."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.inspection import handler
from engine.inspection.inbox import Inbox
from engine.inspection.inspection import Inspection
from engine.records.decodings.beam import Beam
from engine.records.instruments.depth import Depth
from engine.records.protocol import (
    Ask,
    Decode,
    Event,
    Failed,
    ItemScored,
    OpenRun,
    Probe,
    Prune,
    Request,
    Shutdown,
    StartRun,
)
from engine.records.settings import Settings
from engine.reports.export import export
from engine.runs.asked import AskedLog
from engine.runs.reading import MANIFEST, read_run
from tests.engine_process import tiny_settings
from tests.harness.faulting.fault import check_nothing_half, check_words
from tests.harness.faulting.home import own_home
from tests.tiny_models import save_tiny_checkpoint

RUN = "run"
SAVED = "saved"
VARIANT = "wanda:0.5"
COMPARED = (".safetensors", ".jsonl")
"""Of a checkpoint; its card has the time."""


@dataclass(frozen=True)
class Scene:
    """What the worker is asked, and what it then leaves.

    Attributes:
        name: in a few words.
        requests: for a directory.
        result: what two of them are compared by.
        prepare: is asked before.
    """

    name: str
    requests: Callable[[Path], Sequence[Request]]
    result: Callable[[Path], dict[str, bytes]]
    prepare: Callable[[Path], Sequence[Request]] = lambda directory: ()


_TEMPORARY = tempfile.gettempdir()
"""Outside of the homes of what is tried."""


@functools.cache
def _models() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="fault-models-", dir=_TEMPORARY)


@functools.cache
def tiny_checkpoint() -> Path:
    """A tiny checkpoint that everybody may read, until this process ends."""
    directory = Path(_models().name)
    directory.chmod(0o755)
    return save_tiny_checkpoint("llama", directory / "tiny")


def settings(**more: object) -> Settings:
    """A run of a second or two on the tiny checkpoint, one item at a time."""
    values: dict[str, object] = {"recipes": (VARIANT,), "batch_size": 1, "limit": 8}
    return tiny_settings(tiny_checkpoint(), **(values | more))


def play(
    requests: Sequence[Request], full: AbstractContextManager[object] | None = None
) -> list[Event]:
    """Let a worker serve requests, with a fault meanwhile; what it tells."""
    events: list[Event] = []
    if not requests:
        return events
    inbox = Inbox(events.append)
    left = len(requests)

    def serve(inspection: Inspection, request: Request) -> None:
        nonlocal left
        try:
            handler.serve(inspection, request)
        finally:
            left -= 1
            if not left:
                inbox.put(Shutdown())

    for request in requests:
        inbox.put(request)
    inspection = Inspection(inbox, events.append, serve)
    with full or nullcontext():
        inspection.serve()
    return events


def failures(events: Sequence[Event]) -> list[Failed]:
    """What failed."""
    return [event for event in events if isinstance(event, Failed)]


@functools.cache
def undisturbed(scene: Scene) -> dict[str, bytes]:
    """What a scene leaves without a fault."""
    with tempfile.TemporaryDirectory(prefix="fault-") as name, own_home(Path(name)):
        directory = Path(name)
        for make in (scene.prepare, scene.requests):
            found = failures(play(make(directory)))
            assert not found, found
        return scene.result(directory)


def play_with(scene: Scene, directory: Path, fault: AbstractContextManager[object]) -> None:
    """Play a scene with a fault meanwhile, then again without it: it must leave the same."""
    with own_home(directory):
        play(scene.prepare(directory))
        events = play(scene.requests(directory), fault)
        for failed in failures(events):
            check_words(failed.message)
        told = {event.scored.item.id for event in events if isinstance(event, ItemScored)}
        if (directory / RUN / MANIFEST).exists():
            kept = set(read_run(directory / RUN).scored)
            assert told <= kept, f"told, and not on disk: {told - kept}"
        else:
            assert not told, f"told, and not on disk: {told}"
        check_nothing_half(directory)
        again = failures(play(scene.requests(directory))) if failures(events) else []
        assert not again, again
        found = scene.result(directory)
        whole = undisturbed(scene)
        assert found.keys() == whole.keys(), f"{found.keys()} instead of {whole.keys()}"
        for name, data in whole.items():
            assert found[name] == data, f"{name} is another one"


# -- scenes ------------------------------------------------------------------------------------


def _start(directory: Path, **more: object) -> list[Request]:
    return [StartRun(id="run", settings=settings(**more), directory=str(directory / RUN))]


def _recovering(directory: Path) -> list[Request]:
    return _start(directory, recover=("beam=2",), recover_filter="outcome:never", limit=6)


def exported(directory: Path) -> dict[str, bytes]:
    """The run as JSON Lines, in which everything is."""
    target = directory / "exported.jsonl"
    export(read_run(directory / RUN), target)
    data = target.read_bytes()
    target.unlink()
    return {target.name: data}


def _opened(*questions: Request) -> Callable[[Path], list[Request]]:
    def requests(directory: Path) -> list[Request]:
        return [OpenRun(id="open", directory=str(directory / RUN)), *questions]

    return requests


def _first(make: Callable[[str], Request]) -> Callable[[Path], list[Request]]:
    """A question about the first item."""

    def requests(directory: Path) -> list[Request]:
        return _opened(make(next(iter(read_run(directory / RUN).items)).id))(directory)

    return requests


def _asked(directory: Path) -> dict[str, bytes]:
    scored = AskedLog(directory / RUN).scored
    return {one.item.question: msgspec.json.encode(one) for one in scored.values()}


def _prune(directory: Path) -> list[Request]:
    return [Prune(id="prune", settings=settings(), directory=str(directory / SAVED))]


def _saved(directory: Path) -> dict[str, bytes]:
    files = sorted((directory / SAVED).iterdir())
    return {file.name: file.read_bytes() for file in files if file.suffix in COMPARED}


A_RUN = Scene("a run", _start, exported)
SCENES = (
    A_RUN,
    Scene("a run with recoveries", _recovering, exported),
    Scene("a saved checkpoint", _prune, _saved),
    Scene(
        "a re-decode",
        _first(lambda item: Decode(id="d", item_id=item, variants=(VARIANT,), decoding=Beam())),
        exported,
        _start,
    ),
    Scene(
        "an x-ray",
        _first(lambda item: Probe(id="p", item_ids=(item,), variant=VARIANT, instrument=Depth())),
        exported,
        _start,
    ),
    Scene(
        "a question of one's own",
        _opened(Ask(id="faust", question="Who wrote Faust?", gold="Goethe")),
        _asked,
        _start,
    ),
)

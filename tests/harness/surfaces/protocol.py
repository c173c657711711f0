"""Lines of the protocol, both ways: what the engine is asked, and what it tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from engine.records.decodings.beam import Beam
from engine.records.instruments.depth import Depth
from engine.records.protocol import (
    Cancel,
    Decode,
    DecodeFinished,
    DecodeStep,
    Diagnosis,
    Ended,
    EngineReady,
    Failed,
    ItemScored,
    ManifestChanged,
    Message,
    Notice,
    OpenRun,
    Probe,
    ProbeFinished,
    Progress,
    Prune,
    Remedy,
    RunFinished,
    RunOpened,
    ScoringPaused,
    SetScoring,
    Shutdown,
    StartRun,
    addressed,
    decode_event,
    decode_request,
    encode,
)
from engine.records.settings import Settings
from tests.harness.hostile import altered, as_line, mangled
from tests.harness.surface import Surface
from tests.inspector_fixtures import DENSE, WANDA, finding, manifest, redecode, scored_items
from tui.state.state import RunState

_SCORED = scored_items(2)
_REQUESTS: tuple[Message, ...] = (
    StartRun(settings=Settings(), directory="run"),
    OpenRun(directory="run"),
    Decode(item_id="a", variants=("dense", "pruned"), decoding=Beam()),
    Probe(item_ids=("a",), variant="dense", instrument=Depth()),
    Cancel(request="request-1"),
    SetScoring(paused=True),
    Prune(settings=Settings(), directory="out"),
    Remedy(variant="wanda:0.5"),
    Shutdown(),
)
_EVENTS: tuple[Message, ...] = (
    EngineReady(protocol=2, version="0.1.0"),
    RunOpened(directory="run", manifest=manifest(2), items=2, done=0),
    ManifestChanged(manifest=manifest(2)),
    Progress(stage="prune", detail="block 3 of 30", done=3, total=30, variant=WANDA),
    ItemScored(scored=_SCORED[0]),
    ItemScored(scored=_SCORED[-1]),
    DecodeStep(variant=DENSE, step=1, steps=8, texts=("a", "b")),
    DecodeFinished(redecode=redecode(_SCORED[0], WANDA, Beam())),
    ProbeFinished(finding=finding(_SCORED[0], WANDA, Depth())),
    ScoringPaused(paused=True),
    RunFinished(seconds=3.0),
    Diagnosis(sections={"device": {"cpu": "x"}}),
    Notice(text="[/b]"),
    Failed(id="request-1", message="no", hint="yes"),
    Ended(id="request-1"),
)


def _lines(messages: tuple[Message, ...]) -> SearchStrategy[bytes]:
    lines = [encode(message) for message in messages]
    documents: list[Any] = [json.loads(line) for line in lines]

    @st.composite
    def line(draw: DrawFn) -> bytes:
        if draw(st.booleans()):
            return draw(mangled(draw(st.sampled_from(lines)))).replace(b"\n", b" ")
        return as_line(draw(altered(draw(st.sampled_from(documents)))))

    return line()


def _request(line: bytes, _directory: Path) -> None:
    """A line is a request, or can be answered as what it is not."""
    try:
        request = decode_request(line)
    except msgspec.DecodeError:
        _, request_id = addressed(line)
        encode(Failed(id=request_id, message="not understood"))
        return
    written = encode(request)
    assert encode(decode_request(written)) == written


def _event(line: bytes, _directory: Path) -> None:
    """A line is an event that can be folded and drawn from, or none."""
    try:
        event = decode_event(line)
    except msgspec.DecodeError:
        return
    state = RunState(Settings())
    state.fold(RunOpened(directory="run", manifest=manifest(2), items=2, done=0))
    state.fold(event)
    for variant in state.variants:
        state.label(variant)
        for item_id in state.items:
            dict(state.values(item_id, variant))


SURFACES = (
    Surface("lines to the engine", _lines(_REQUESTS), _request),
    Surface("lines from the engine", _lines(_EVENTS), _event),
)

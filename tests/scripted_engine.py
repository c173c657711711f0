"""An engine process without a model, for the tests of what talks to one.

Run with the name of a behaviour: "plain" answers every request, "slow" takes its time between
items, "dies" is killed in the middle of scoring, "fails" says that the device is full, "stuck"
scores one item and then hears nothing, "nothing" says that it has scored and never opened a run.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from engine.records.manifest import Manifest
from engine.records.protocol import (
    PROTOCOL,
    CheckpointSaved,
    Decode,
    DecodeFinished,
    Diagnose,
    Diagnosis,
    Ended,
    EngineReady,
    Event,
    Failed,
    HypothesisFound,
    ItemScored,
    Notice,
    OpenRun,
    Progress,
    Prune,
    Request,
    RunFinished,
    RunOpened,
    Shutdown,
    StartRun,
    decode_request,
    encode,
)
from engine.records.scores import ScoredItem
from engine.records.settings import Settings
from tests.runs_helpers import make_manifest, make_redecode, one_of_each


def emit(event: Event) -> None:
    sys.stdout.buffer.write(encode(event))
    sys.stdout.buffer.flush()


def requests() -> Iterator[Request]:
    while line := sys.stdin.buffer.readline():
        yield decode_request(line)


def manifest(scored: list[ScoredItem], settings: Settings) -> Manifest:
    return make_manifest([one.item for one in scored], settings)


def score(request: StartRun, behaviour: str) -> None:
    if behaviour == "nothing":
        return
    scored = one_of_each()
    found = manifest(scored, request.settings)
    directory = request.directory or "/remote/run"
    emit(RunOpened(directory=directory, manifest=found, items=len(scored), done=0))
    emit(Progress(stage="prune", detail="block\x1b[2J", done=1, total=2, variant="wanda:0.45"))
    emit(Notice(text="the passage was cut"))
    for number, one in enumerate(scored, start=1):
        emit(ItemScored(scored=one))
        if behaviour == "slow":
            time.sleep(0.5)
        elif behaviour == "stuck":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(600)
        elif behaviour == "dies" and number == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        elif behaviour == "fails" and number == 2:
            emit(
                Failed(
                    id=request.id, message="the device is full", hint="Use a smaller --batch-size."
                )
            )
    emit(RunFinished(seconds=1.5))


def decode(request: Decode, scored: list[ScoredItem]) -> None:
    found = [one for one in scored if one.item.id == request.item_id]
    if not found:
        emit(Failed(message=f"no item {request.item_id}", status=2, id=request.id))
        return
    for variant in request.variants:
        result = make_redecode(
            found[0].item, request.decoding, "Rome\x1b[2J", "It is Paris", variant=variant
        )
        for hypothesis in result.hypotheses:
            emit(HypothesisFound(id=request.id, variant=variant, hypothesis=hypothesis))
        emit(DecodeFinished(id=request.id, redecode=result))


def main(behaviour: str) -> None:
    print("Welcome to gpubox", flush=True)
    emit(EngineReady(protocol=PROTOCOL, version=version("illusion-tui")))
    scored = one_of_each()
    for request in requests():
        match request:
            case StartRun():
                score(request, behaviour)
            case OpenRun(directory=directory):
                emit(
                    RunOpened(
                        directory=directory,
                        manifest=manifest(scored, Settings()),
                        items=len(scored),
                        done=len(scored),
                    )
                )
                for one in scored:
                    emit(ItemScored(scored=one))
            case Decode():
                decode(request, scored)
            case Prune(settings=settings, directory=directory):
                Path(directory).mkdir()
                emit(CheckpointSaved(directory=directory, manifest=manifest(scored, settings)))
            case Diagnose():
                emit(Diagnosis(sections={"device": {"cpu": "a\x1b[2J", "cuda": False, "cores": 2}}))
            case Shutdown():
                return
        emit(Ended(id=request.id))


if __name__ == "__main__":
    main(sys.argv[1])

"""A client that can't read what the engine reads, nor the engine what the client has."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from engine.items.reading import read_items
from engine.records.annotations import Annotation, Starred
from engine.records.decodings.beam import Beam
from engine.records.protocol import (
    Decode,
    DecodeFinished,
    Ended,
    Event,
    ItemScored,
    ItemsNoted,
    OpenRun,
    RunFinished,
    RunOpened,
    StartRun,
)
from engine.runs.annotations import AnnotationLog
from engine.runs.reading import read_run
from tests.engine_process import Engine, tiny_settings


def scored(engine: Engine) -> list[str]:
    return [one.scored.item.id for one in engine.seen if isinstance(one, ItemScored)]


def test_items_that_are_sent_are_scored_and_an_open_run_tells_what_it_holds(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("question,gold\nCapital of Chile?,Santiago\nCapital of Peru?,Lima\n")
    items = read_items(str(file), seed=0)
    file.unlink()
    settings = tiny_settings(checkpoint, items=str(file), languages=(), limit=None)
    start = StartRun(settings=settings, directory=str(tmp_path / "run"), items=items.items)
    engine.send(start)
    engine.until(RunFinished)
    run = read_run(tmp_path / "run")
    assert run.items == items.items
    assert (run.manifest.items.source, run.manifest.items.hash) == (str(file), items.hash)

    first = items.items[0].id
    question = Decode(item_id=first, variants=("wanda:0.5",), decoding=Beam(width=2))
    engine.send(question)
    engine.ended(question.id)
    AnnotationLog(tmp_path / "run").append(Starred(items=(first,), starred=True))

    engine.seen.clear()
    opening = OpenRun(directory=str(tmp_path / "run"), tell=True)
    engine.send(opening)
    engine.ended(opening.id)
    assert scored(engine) == [item.id for item in items.items]
    [noted] = engine.of(ItemsNoted)
    assert isinstance(noted, ItemsNoted)
    assert noted.annotations == {first: Annotation(starred=True)}
    assert len(engine.of(DecodeFinished)) == 1

    # The same request as ever tells nothing that its client can read itself.
    engine.seen.clear()
    plain = replace(opening, id="plain", tell=False)
    engine.send(plain)
    engine.ended(plain.id)
    kinds: list[type[Event]] = [type(event) for event in engine.seen]
    assert kinds == [RunOpened, Ended]

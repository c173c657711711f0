"""A run in one file: what goes in comes out, what is no pack is refused, and it plays alone."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.records.annotations import NoteWritten, Overruled, Starred, Tagged
from engine.records.decodings.beam import Beam
from engine.records.errors import UserError
from engine.runs.annotations import ANNOTATIONS, AnnotationLog, read_annotations
from engine.runs.asked import AskedLog
from engine.runs.packing import write_pack
from engine.runs.packs import MEMBERS, PACK, read_pack, unpack
from engine.runs.reading import Run, read_run
from engine.runs.remedies import RemedyLog
from tests.cli_helpers import ROOT, run_cli
from tests.inspector_fixtures import DENSE, WANDA, redecode
from tests.pty_command import PtyCommand
from tests.stage_helpers import staged_run
from tests.test_remedies_screen import report
from tui.state.saved import saved_state
from tui.state.staging import programme, scene


@pytest.fixture
def run(tmp_path: Path) -> Run:
    staged_run(tmp_path / "run")
    return read_run(tmp_path / "run")


def test_a_packed_run_is_the_run(run: Run, tmp_path: Path) -> None:
    assert write_pack(run, tmp_path / "a.illusion") == len(run.items)
    unpack(tmp_path / "a.illusion", tmp_path / "again")
    again = read_run(tmp_path / "again")
    assert again.manifest == run.manifest
    assert again.items == run.items
    assert again.scored == run.scored
    assert list(again.redecodes) == list(run.redecodes)
    write_pack(again, tmp_path / "b.illusion")
    assert (tmp_path / "a.illusion").read_bytes() == (tmp_path / "b.illusion").read_bytes()


def test_chosen_items_say_that_they_are_chosen(tmp_path: Path) -> None:
    back = staged_run(tmp_path / "run")
    filter_text = "outcome:recognition-only recovered:yes"
    packed = tmp_path / "some.illusion"
    done = run_cli(tmp_path, "pack", tmp_path / "run", "--to", packed, "--filter", filter_text)
    assert done.returncode == 0, done.stderr
    assert "3 items in" in done.stderr
    unpack(packed, tmp_path / "some")
    some = read_run(tmp_path / "some")
    assert set(some.scored) == set(back)
    assert some.manifest.items.source == f"capitals (3 of 40 items: {filter_text})"
    assert {one.item_id for one in some.redecodes} == set(back)
    nothing = run_cli(
        tmp_path, "pack", tmp_path / "run", "--to", tmp_path / "no", "--filter", "rank>1000000"
    )
    assert nothing.returncode == 2
    assert "no item to pack" in nothing.stderr
    assert not (tmp_path / "no").exists()


def test_notes_questions_and_remedies_travel(run: Run, tmp_path: Path) -> None:
    second, *_ = list(run.scored)
    [first, *_] = programme(saved_state(run.directory, lambda *_: None)).ids
    log = AnnotationLog(run.directory)
    log.append(Starred(items=(first, second), starred=True))
    log.append(NoteWritten(items=(second,), note="a secret"))
    log.undo()
    log.append(Overruled(items=(second,), verdicts={DENSE: False}))
    asked = AskedLog(run.directory)
    question = replace(
        run.scored[first], item=replace(run.scored[first].item, id="asked-1"), notes=("asked",)
    )
    asked.append_scored(question)
    asked.append_redecode(redecode(question, WANDA, Beam()))
    log.append(Tagged(items=("asked-1",), add=("audience",)))
    RemedyLog(run.directory).append(report())
    write_pack(run, tmp_path / "a.illusion")
    unpack(tmp_path / "a.illusion", tmp_path / "again")
    state = saved_state(tmp_path / "again", lambda *_: None)
    assert state.notes.by_item == read_annotations(run.directory)
    assert state.notes.overruled == 1
    assert "asked-1" in programme(state).ids
    assert scene(state, "asked-1", WANDA).recovery is not None
    assert list(state.asked_items.scored.values()) == [question]
    assert len(state.results("asked-1")) == 1
    assert state.remedies == report()
    assert b"a secret" not in (tmp_path / "again" / ANNOTATIONS).read_bytes()
    write_pack(read_run(tmp_path / "again"), tmp_path / "b.illusion")
    assert (tmp_path / "a.illusion").read_bytes() == (tmp_path / "b.illusion").read_bytes()

    # Of chosen items go the notes on these, and what the search for remedies came to.
    done = run_cli(
        tmp_path, "pack", run.directory, "--to", tmp_path / "some", "--filter", "overruled"
    )
    assert done.returncode == 0, done.stderr
    assert "1 items in" in done.stderr
    assert "with notes and what was asked and remedies" in done.stderr
    unpack(tmp_path / "some", tmp_path / "few")
    few = saved_state(tmp_path / "few", lambda *_: None)
    assert few.notes.by_item.keys() == {second, "asked-1"}
    assert few.notes.of(second).starred
    assert few.remedies == report()


def rewritten(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def changed(members: dict[str, bytes]) -> bytes:
    return rewritten({**members, "log.jsonl": members["log.jsonl"].replace(b"Paris", b"Turin")})


def with_a_path_outside(members: dict[str, bytes]) -> bytes:
    return rewritten({**members, "../outside.txt": b"x"})


def of_another_format(members: dict[str, bytes]) -> bytes:
    return rewritten({**members, PACK: json.dumps({"format": 9, "hashes": {}}).encode()})


def cut_off(members: dict[str, bytes]) -> bytes:
    return rewritten(members)[:-200]


def with_a_flipped_bit(members: dict[str, bytes]) -> bytes:
    data = bytearray(rewritten(members))
    data[data.index(b"Paris")] ^= 1
    return bytes(data)


def no_archive(members: dict[str, bytes]) -> bytes:
    return b"not a zip file"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (changed, "is damaged"),
        (with_a_path_outside, "is no packed run"),
        (of_another_format, "format 9"),
        (cut_off, "is no packed run"),
        (with_a_flipped_bit, "is "),
        (no_archive, "is no packed run"),
    ],
)
def test_what_is_no_whole_pack_is_refused(
    run: Run, tmp_path: Path, spoil: Callable[[dict[str, bytes]], bytes], message: str
) -> None:
    file = tmp_path / "a.illusion"
    write_pack(run, file)
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in (PACK, *MEMBERS)}
    file.write_bytes(spoil(members))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UserError, match=message):
        unpack(file, tmp_path / "out")
    assert sorted(tmp_path.iterdir()) == before
    assert not (tmp_path.parent / "outside.txt").exists()


def test_bad_files_are_one_error_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "no.illusion").write_bytes(b"nothing")
    for command in ("stage", "open"):
        done = run_cli(tmp_path, command, tmp_path / "no.illusion")
        assert done.returncode == 2
        assert "is no packed run" in done.stderr
        assert "illusion-tui pack" in done.stderr
    missing = run_cli(tmp_path, "stage", tmp_path / "nowhere")
    assert missing.returncode == 2
    assert "no run in" in missing.stderr


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The variables of a machine without torch and transformers."""
    for name in ("torch", "transformers", "accelerate"):
        (tmp_path / "bare" / name).mkdir(parents=True)
        (tmp_path / "bare" / name / "__init__.py").write_text("raise ImportError('not here')")
    return {"PYTHONPATH": f"{tmp_path / 'bare'}:{ROOT}"}


def test_a_pack_plays_without_torch_and_leaves_nothing(
    run: Run, tmp_path: Path, bare: dict[str, str]
) -> None:
    packed = tmp_path / "talk.illusion"
    write_pack(run, packed)
    with PtyCommand(tmp_path, "stage", packed, size=(80, 24), **bare) as command:
        command.wait_for("the question", limit=30)
        command.press(" ")
        command.wait_for("right", limit=30)
        command.press(" ")
        command.wait_for("wrong", limit=30)
        command.press("q")
        assert command.ended(30) == 0
    assert not (tmp_path / "data").exists()


def test_the_demo_comes_along_and_plays_by_itself(tmp_path: Path, bare: dict[str, str]) -> None:
    with PtyCommand(tmp_path, "stage", size=(120, 34), **bare) as command:
        command.wait_for("the question", limit=30)
        command.press(" ")
        command.wait_for("answers by itself", limit=30)
        command.press("q")
        assert command.ended(30) == 0


def test_the_demo_is_small_and_made_of_an_actual_run(tmp_path: Path) -> None:
    with as_file(files("samples") / "demo.illusion") as demo:
        assert demo.stat().st_size < 200_000
        unpack(demo, tmp_path / "demo")
        assert set(read_pack(demo)) == set(MEMBERS)
    state = saved_state(tmp_path / "demo", lambda *_: None)
    shown = programme(state)
    assert shown.lacking is None
    assert len(shown.ids) >= 10
    assert state.manifest is not None
    assert state.manifest.model is not None
    assert state.manifest.model.name == "SmolLM2-135M-Instruct"
    assert state.manifest.model.weights_hash


def test_an_opened_pack_becomes_a_run_of_ones_own_once(
    run: Run, tmp_path: Path, bare: dict[str, str]
) -> None:
    packed = tmp_path / "talk.illusion"
    write_pack(run, packed)
    runs = tmp_path / "data" / "illusion-tui" / "runs"
    for _ in range(2):
        with PtyCommand(tmp_path, "open", packed, size=(120, 34), **bare) as command:
            command.wait_for("40 items", limit=30)
            command.press("q")
            assert command.ended(30) == 0
        (kept,) = runs.iterdir()
        assert kept.name.startswith("talk-")
        assert read_run(kept).scored == run.scored

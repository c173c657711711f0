"""Questions of one's own to the engine: answered by every variant, kept apart, never lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.records.decodings.beam import Beam
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.errors import UserError
from engine.records.instruments.depth import Depth
from engine.records.protocol import (
    Ask,
    Decode,
    DecodeFinished,
    Failed,
    ItemAsked,
    ItemScored,
    Probe,
    ProbeFinished,
    RunOpened,
    StartRun,
)
from engine.records.scores import ScoredItem
from engine.runs.asked import ASKED, AskedLog
from engine.runs.log import RunLog
from engine.runs.reading import read_run
from tests.cli_helpers import ONE_THREAD, run_cli
from tests.engine_process import Engine, tiny_settings
from tests.runs_helpers import make_manifest

VARIANT = "wanda:0.5"
CHILE = Ask(
    id="chile", question="What is the capital of Chile?", gold="Santiago", options=("Lima", "Oslo")
)
FAUST = Ask(id="faust", question="Who wrote Faust?")


def asked_of(engine: Engine) -> list[ScoredItem]:
    return [event.scored for event in engine.of(ItemAsked) if isinstance(event, ItemAsked)]


def killed(engine: Engine) -> None:
    engine.process.kill()
    engine.process.wait()


def test_a_question_in_the_middle_of_a_batch_is_answered_there_and_harms_nothing(
    checkpoint: Path, tmp_path: Path
) -> None:
    settings = tiny_settings(checkpoint, answer_tokens=8)
    logs = []
    for name in ("quiet", "asked"):
        engine = Engine(tmp_path / "home", OMP_NUM_THREADS=ONE_THREAD)
        run = tmp_path / name
        engine.send(StartRun(id="run", settings=settings, directory=str(run)))
        if name == "asked":
            engine.until(RunOpened)
            engine.send(CHILE)
            engine.send(FAUST)
            assert engine.ended("chile", "faust") == {"chile": False, "faust": False}
            assert len(engine.of(ItemScored)) < 12
        engine.ended("run")
        assert not engine.of(Failed)
        logs.append(read_run(run).scored)
        killed(engine)
    assert logs[0] == logs[1]
    assert not (tmp_path / "quiet" / ASKED).exists()
    chile, faust = asked_of(engine)
    assert (chile.item.id, faust.item.id) == ("asked-1", "asked-2")
    assert chile.scores.keys() == {"dense", VARIANT}
    assert chile.item.stem == "The capital of Chile is"
    assert chile.prompt.endswith("The capital of Chile is")
    for score in chile.scores.values():
        assert score.open is not None
        assert score.open.judgement.correct is not None
        assert score.gold is not None
        assert score.choice is not None
        assert score.shown is not None
    for score in faust.scores.values():
        assert score.open is not None
        assert score.open.judgement.correct is None
        assert score.open.failure is None
        assert (score.gold, score.choice, score.shown) == (None, None, None)
    assert list(AskedLog(run).scored.values()) == [chile, faust]


def test_all_that_an_item_can_do_is_done_and_kept_through_a_kill(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    start = StartRun(id="run", settings=tiny_settings(checkpoint, limit=4), directory=str(run))
    engine.send(start)
    engine.ended("run")
    log = (run / "log.jsonl").read_bytes()
    engine.send(CHILE)
    engine.send(FAUST)
    engine.ended("chile", "faust")
    for item_id in ("asked-1", "asked-2"):
        for decoding in (Beam(), Sample(), OneShot()):
            name = f"{item_id} {decoding.name}"
            engine.send(
                Decode(id=name, item_id=item_id, variants=("dense", VARIANT), decoding=decoding)
            )
            engine.ended(name)
    probe = Probe(id="depth", item_ids=("asked-1",), variant=VARIANT, instrument=Depth())
    engine.send(probe)
    engine.ended("depth")
    assert not engine.of(Failed)
    killed(engine)
    assert (run / "log.jsonl").read_bytes() == log
    kept = AskedLog(run)
    assert len(kept.redecodes) == 12
    assert len(kept.findings) == 1
    one_shot = [one for one in kept.redecodes if one.decoding == OneShot()]
    assert all(one.example in read_run(run).scored for one in one_shot)

    # A torn line is left out and written over; what was asked is told again and not scored again.
    path = run / ASKED
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"record":"scored","scored":{"item"')
    again = Engine(tmp_path / "other")
    again.send(start)
    again.ended("run")
    assert asked_of(again) == list(kept.scored.values())
    assert len(again.of(DecodeFinished)) == 12
    assert len(again.of(ProbeFinished)) == 1
    again.seen.clear()
    again.send(CHILE)
    again.ended("chile")
    assert [one.item.id for one in asked_of(again)] == ["asked-1"]
    assert path.read_bytes() != whole
    again.send(Ask(id="peru", question="What is the capital of Peru?", gold="Lima"))
    again.ended("peru")
    peru = asked_of(again)[-1]
    assert peru.item.id == "asked-3"
    assert any("borrowed" in note for note in peru.notes)
    assert path.read_bytes().startswith(whole)
    assert list(AskedLog(run).scored) == ["asked-1", "asked-2", "asked-3"]
    killed(again)


def test_what_cannot_be_asked_is_said(engine: Engine, checkpoint: Path, tmp_path: Path) -> None:
    engine.send(FAUST)
    failed = engine.until(Failed)
    assert isinstance(failed, Failed)
    assert failed.message == "no run is open"
    run = tmp_path / "run"
    settings = tiny_settings(checkpoint, limit=1)
    engine.send(StartRun(id="run", settings=settings, directory=str(run)))
    engine.ended("run")
    for question in (
        Ask(id="q", question=" "),
        Ask(id="q", question="Who?", options=("a", "b")),
        Ask(id="q", question="word " * 4000),
    ):
        engine.seen.clear()
        engine.send(question)
        assert engine.ended("q") == {"q": False}
        assert len(engine.of(Failed)) == 1
    assert not (run / ASKED).exists()
    engine.send(FAUST)
    engine.ended("faust")
    engine.seen.clear()
    probe = Probe(id="p", item_ids=("asked-1",), variant=VARIANT, instrument=Depth())
    engine.send(probe)
    engine.ended("p")
    [failed] = engine.of(Failed)
    assert isinstance(failed, Failed)
    assert "no gold answer" in failed.message


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    with RunLog.open(tmp_path, make_manifest([]), []):
        (tmp_path / ASKED).write_bytes(b"{}\n")
    with pytest.raises(UserError, match=r"asked\.jsonl, line 1"):
        AskedLog(tmp_path)


def test_the_command_asks_every_variant_and_others_go_on_with_it(
    checkpoint: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    options: list[object] = ["--model", checkpoint, "--limit", 2, "--language", "en"]
    options += ["--answer-tokens", 6, "--dtype", "float32", "--calibration-sequences", 2]
    options += ["--calibration-tokens", 24, "--out", run]
    assert run_cli(tmp_path, "score", *options).returncode == 0
    line = "What is the capital of Chile? = Santiago | Lima"
    done = run_cli(tmp_path, "ask", run, line)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("asked-1  What is the capital of Chile?\n")
    assert "The capital of Chile is …" in done.stdout
    assert "\ndense" in done.stdout
    assert "\nwanda 45 %" in done.stdout
    done = run_cli(tmp_path, "redecode", run, "asked-1", "--beam", 2, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["item_id"] == "asked-1"
    done = run_cli(tmp_path, "xray", run, "asked-1", "-i", "depth", "--json")
    assert done.returncode == 0, done.stderr

    done = run_cli(tmp_path, "ask", run, "Who?", "--option", "a", "--option", "b")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--gold" in done.stderr
    assert run_cli(tmp_path, "ask", tmp_path / "nothing", "Who?").returncode == 2


def test_the_embedded_model_answers_the_audience(home: Path) -> None:
    run = home / "run"
    options = ("--recipe", "magnitude:0.2", "--language", "en", "--limit", 4, "--out", run)
    assert run_cli(home, "score", *options, seconds=300).returncode == 0
    question = ("What is the capital of Chile?", "--gold", "Santiago", "--json")
    done = run_cli(home, "ask", run, *question, seconds=120)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["item_id"] == "asked-1"
    assert answer["item"]["stem"] == "The capital of Chile is"
    dense, pruned = (answer["scores"][name] for name in ("dense", "magnitude:0.2"))
    assert dense["open"]["judgement"]["correct"] is True
    assert dense["gold"]["tokens"][0][2] == 1
    assert pruned["choice"]["gold_index"] == dense["choice"]["gold_index"]
    assert answer["outcomes"].keys() == {"magnitude:0.2"}
    with RunLog.attach(run) as log:
        assert log.items.keys() == log.scored.keys()
        assert "asked-1" not in log.items

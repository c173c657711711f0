"""The engine's process: real pipes, a real (tiny) model, the protocol as written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.records.decodings.beam import Beam
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.protocol import (
    Cancel,
    CheckpointSaved,
    Decode,
    DecodeFinished,
    DecodeStep,
    EngineReady,
    Failed,
    ItemPreviewed,
    ItemScored,
    ManifestChanged,
    Notice,
    OpenRun,
    Progress,
    Prune,
    RunFinished,
    RunOpened,
    ScoringPaused,
    SetScoring,
    Shutdown,
    StartRun,
)
from tests.engine_process import Engine, tiny_settings
from tests.tiny_models import save_tiny_checkpoint


def test_a_run_is_told_from_start_to_end_and_resumes_without_a_model(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    start = StartRun(settings=tiny_settings(checkpoint), directory=str(tmp_path / "run"))
    engine.send(start)
    engine.until(RunFinished)
    assert isinstance(engine.seen[0], EngineReady)
    opened = engine.of(RunOpened)
    assert [(one.items, one.done) for one in opened if isinstance(one, RunOpened)] == [(12, 0)]
    assert len(engine.of(ItemScored)) == 12
    stages = {one.stage for one in engine.of(Progress) if isinstance(one, Progress)}
    assert {"load", "calibrate", "prune"} <= stages
    last = engine.of(ManifestChanged)[-1]
    assert isinstance(last, ManifestChanged)
    assert last.manifest.variants[0].achieved_sparsity == pytest.approx(0.5, abs=0.01)
    assert last.manifest.model is not None
    assert last.manifest.model.weights_hash
    engine.seen.clear()
    engine.send(start)
    engine.until(RunFinished)
    assert len(engine.of(ItemScored)) == 12
    assert not engine.of(Progress)
    engine.send(Shutdown())
    assert engine.process.wait(10) == 0


def test_items_are_told_at_once_and_dense_answers_before_the_variants_are_made(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    recipes = ("wanda:0.5", "magnitude:0.5")
    settings = tiny_settings(checkpoint, limit=12, recipes=recipes)
    engine.send(StartRun(settings=settings, directory=str(tmp_path / "run")))
    engine.until(RunFinished)
    told = [event for event in engine.seen if isinstance(event, ItemPreviewed | Progress)]
    assert all(isinstance(event, ItemPreviewed) for event in told[:12])
    ahead = [
        event.scored
        for event in engine.of(ItemPreviewed)
        if isinstance(event, ItemPreviewed) and event.scored.scores
    ]
    assert {tuple(one.scores) for one in ahead} == {("dense",), ("dense", "wanda:0.5")}
    final = {
        event.scored.item.id: event.scored
        for event in engine.of(ItemScored)
        if isinstance(event, ItemScored)
    }
    for one in ahead:
        scores = final[one.item.id].scores
        assert one.scores == {name: scores[name] for name in one.scores}
    # Where nothing is to be made, since the variants are in the cache, the first item comes alone.
    engine.seen.clear()
    engine.send(StartRun(settings=settings, directory=str(tmp_path / "again")))
    engine.until(RunFinished)
    [alone] = [
        event.scored
        for event in engine.of(ItemPreviewed)
        if isinstance(event, ItemPreviewed) and event.scored.scores
    ]
    assert tuple(alone.scores) == ("dense",)
    assert alone.scores["dense"] == final[alone.item.id].scores["dense"]


def test_a_saved_run_is_re_decoded_and_remembers_it(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    run = str(tmp_path / "run")
    settings = tiny_settings(checkpoint, limit=3, recover=("one-shot",))
    engine.send(StartRun(settings=settings, directory=run))
    engine.until(RunFinished)
    engine.send(OpenRun(directory=run))
    engine.send(
        Decode(
            id="1",
            item_id="capital-cn-en",
            variants=("dense", "wanda:0.5"),
            decoding=Beam(width=2),
        )
    )
    engine.ended("1")
    assert len(engine.of(DecodeFinished)) == 2
    engine.send(Decode(id="2", item_id="absent", variants=("dense",), decoding=OneShot()))
    failed = engine.until(Failed)
    assert isinstance(failed, Failed)
    assert failed.id == "2"
    engine.seen.clear()
    engine.send(StartRun(settings=settings, directory=run))
    engine.until(RunFinished)
    assert len(engine.of(DecodeFinished)) >= 2


def test_a_saved_checkpoint_is_the_variant_that_it_was_made_from(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "saved"
    settings = tiny_settings(checkpoint, limit=4)
    engine.send(Prune(settings=settings, directory=str(saved)))
    engine.until(CheckpointSaved)
    family = tiny_settings(checkpoint, limit=4, recipes=("wanda:0.5", f"checkpoint:{saved}"))
    engine.send(StartRun(settings=family, directory=str(tmp_path / "run")))
    engine.until(RunFinished)
    for event in engine.of(ItemScored):
        assert isinstance(event, ItemScored)
        _, made, opened = event.scored.scores.values()
        assert made == opened
    last = engine.of(ManifestChanged)[-1]
    assert isinstance(last, ManifestChanged)
    sparsities = {one.achieved_sparsity for one in last.manifest.variants}
    assert len(sparsities) == 1
    engine.send(Prune(settings=settings, directory=str(saved)))
    failed = engine.until(Failed)
    assert isinstance(failed, Failed)
    assert "there already" in failed.message


def test_another_models_checkpoint_is_refused(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    other = save_tiny_checkpoint("llama", tmp_path / "other")
    tokenizer = json.loads((other / "tokenizer.json").read_text())
    tokenizer["added_tokens"][-1]["content"] = "<|another|>"
    (other / "tokenizer.json").write_text(json.dumps(tokenizer))
    settings = tiny_settings(checkpoint, recipes=(f"checkpoint:{other}",))
    engine.send(StartRun(settings=settings, directory=str(tmp_path / "run")))
    failed = engine.until(Failed)
    assert isinstance(failed, Failed)
    assert "another tokenizer" in failed.message


def test_a_re_decode_goes_ahead_of_scoring_and_scoring_pauses(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    settings = tiny_settings(checkpoint, limit=40)
    engine.send(StartRun(settings=settings, directory=str(tmp_path / "run")))
    engine.until(ItemScored)
    engine.send(SetScoring(paused=True))
    engine.until(ScoringPaused)
    before = len(engine.of(ItemScored))
    decode = Decode(id="1", item_id="capital-cn-en", variants=("dense",), decoding=Sample(count=2))
    engine.send(decode)
    engine.ended("1")
    assert before <= len(engine.of(ItemScored)) <= before + settings.batch_size
    engine.send(SetScoring(paused=False))
    engine.until(RunFinished)
    assert len(engine.of(ItemScored)) == 40


def test_a_re_decode_is_cancelled_while_it_runs_and_before(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    settings = tiny_settings(checkpoint, limit=2, answer_tokens=40)
    engine.send(StartRun(settings=settings, directory=str(tmp_path / "run")))
    engine.until(RunFinished)
    for id_ in ("running", "waiting"):
        engine.send(
            Decode(
                id=id_,
                item_id="capital-cn-en",
                variants=("wanda:0.5",),
                decoding=Sample(count=64),
            )
        )
    engine.until(DecodeStep)
    engine.send(Cancel(request="waiting"))
    engine.send(Cancel(request="running"))
    assert engine.ended("running", "waiting") == {"running": True, "waiting": True}
    assert not engine.of(DecodeFinished)


def test_what_is_no_request_is_answered_and_the_end_of_input_ends_the_engine(
    engine: Engine,
) -> None:
    engine.write(b"not json\n")
    engine.write(b'{"type":"Unknown"}\n')
    engine.until(Notice)
    engine.until(Notice)
    assert engine.process.stdin is not None
    engine.process.stdin.close()
    assert engine.process.wait(30) == 0


def test_failures_say_what_to_do(engine: Engine, checkpoint: Path, tmp_path: Path) -> None:
    cases: dict[str, dict[str, object]] = {
        "--model takes": {"model": "no/such/model/at/all"},
        "which needs no Hub": {"model": "nobody/nothing"},
        "Samples: capitals": {"items": "no-such-items"},
        "METHOD:SPARSITY": {"recipes": ("nonsense",)},
        "Use --device cpu": {"device": "cuda:7"},
    }
    for number, (hint, wrong) in enumerate(cases.items()):
        settings = tiny_settings(checkpoint, **wrong)
        engine.send(StartRun(settings=settings, directory=str(tmp_path / str(number))))
        failed = engine.until(Failed)
        assert isinstance(failed, Failed)
        assert hint in f"{failed.message} {failed.hint}"

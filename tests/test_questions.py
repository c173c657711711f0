"""Questions to the engine: every one is served, answered under its id, and ended in one way."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import load_file

from engine.records.decodings.beam import Beam
from engine.records.decodings.contrastive import Contrastive
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.greedy import Greedy
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.protocol import (
    Cancel,
    Decode,
    DecodeFinished,
    DecodeStep,
    Diagnose,
    Diagnosis,
    Ended,
    EngineReady,
    Failed,
    ItemScored,
    Notice,
    OpenRun,
    Progress,
    RunFinished,
    RunOpened,
    SetScoring,
    StartRun,
)
from engine.records.settings import Settings
from tests.cli_helpers import ONE_THREAD
from tests.engine_process import Engine, tiny_settings


def test_every_answer_carries_the_id_of_its_request(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    settings = tiny_settings(checkpoint, limit=2)
    engine.send(StartRun(id="run", settings=settings, directory=str(tmp_path / "run")))
    engine.ended("run")
    assert {event.id for event in engine.seen if not isinstance(event, EngineReady)} == {"run"}
    engine.seen.clear()
    engine.send(SetScoring(id="pause", paused=True))
    engine.send(Diagnose(id="machine"))
    decode = Decode(id="q", item_id="capital-cn-en", variants=("dense",), decoding=OneShot())
    engine.send(decode)
    assert engine.ended("pause", "machine", "q") == dict.fromkeys(("pause", "machine", "q"), False)
    ids = {type(event): event.id for event in engine.seen}
    assert ids[Diagnosis] == "machine"
    assert ids[DecodeStep] == ids[DecodeFinished] == "q"


def test_requests_that_wait_are_all_served_in_their_order(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    settings = tiny_settings(checkpoint, limit=4)
    for name in ("a", "b", "c"):
        engine.send(StartRun(id=name, settings=settings, directory=str(tmp_path / name)))
    engine.ended("a", "b", "c")
    assert [event.id for event in engine.of(RunFinished)] == ["a", "b", "c"]
    assert not engine.of(Notice)
    assert not engine.of(Failed)


def test_a_request_of_an_unknown_kind_fails_under_its_id(engine: Engine) -> None:
    engine.write(b'{"type":"Levitate","id":"up"}\n')
    failed = engine.until(Failed)
    assert isinstance(failed, Failed)
    assert failed.id == "up"
    assert "Levitate" in failed.message
    assert "same version" in failed.hint
    assert engine.ended("up") == {"up": False}


def test_a_question_without_a_run_says_what_to_do(engine: Engine) -> None:
    engine.send(Decode(id="q", item_id="x", variants=("dense",), decoding=Beam()))
    failed = engine.until(Failed)
    assert isinstance(failed, Failed)
    assert (failed.id, failed.message, failed.hint) == ("q", "no run is open", "Open one first.")


def test_another_variant_takes_part_and_must_be_another_one(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    run = str(tmp_path / "run")
    engine.send(StartRun(id="run", settings=tiny_settings(checkpoint, limit=2), directory=run))
    engine.ended("run")
    pruned = tiny_settings(checkpoint).recipes[0]
    answers = {}
    asked: dict[str, Decoding] = {
        "before": Greedy(),
        "contrast": Contrastive(),
        "after": Greedy(),
    }
    for name, decoding in asked.items():
        engine.seen.clear()
        variants = ("dense", pruned)
        item_id = "capital-cn-en"
        engine.send(Decode(id=name, item_id=item_id, variants=variants, decoding=decoding))
        engine.ended(name)
        answers[name] = [
            event.redecode
            for event in engine.of(DecodeFinished)
            if isinstance(event, DecodeFinished)
        ]
    assert [one.partner for one in answers["contrast"]] == [pruned, "dense"]
    # The weights that were exchanged at every step are back.
    assert answers["before"] == answers["after"]
    for amateur, message in (("dense", "can't be told from itself"), ("wanda:0.9", "no variant")):
        engine.seen.clear()
        contrast = Contrastive(amateur=amateur)
        engine.send(
            Decode(id=amateur, item_id="capital-cn-en", variants=("dense",), decoding=contrast)
        )
        failed = engine.until(Failed)
        assert isinstance(failed, Failed)
        assert message in failed.message
        engine.ended(amateur)


def test_background_scoring_is_cancelled_and_goes_on_when_asked_again(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    start = StartRun(
        id="run",
        settings=tiny_settings(checkpoint, limit=60, answer_tokens=24),
        directory=str(tmp_path / "run"),
    )
    engine.send(start)
    engine.until(ItemScored)
    engine.send(Cancel(request="run"))
    assert engine.ended("run") == {"run": True}
    scored = len(engine.of(ItemScored))
    assert scored < 60
    engine.seen.clear()
    engine.send(start)
    opened = engine.until(RunOpened)
    assert isinstance(opened, RunOpened)
    assert opened.done >= scored
    engine.until(RunFinished)
    assert len(engine.of(ItemScored)) == 60


def test_a_question_in_the_middle_of_a_batch_is_answered_there_and_harms_nothing(
    home: Path, tmp_path: Path
) -> None:
    """On the real model, before the first item is scored, so that there is no end of a batch to
    wait for; the questions exchange the weights that the batch is in the middle of using."""
    settings = Settings(
        languages=("en",),
        limit=3,
        answer_tokens=8,
        recover=("sample=2",),
        recover_filter="rank>0",
    )
    logs = []
    for name, asks in (("quiet", False), ("asked", True)):
        engine = Engine(home, OMP_NUM_THREADS=ONE_THREAD)
        directory = tmp_path / name
        engine.send(StartRun(id="run", settings=settings, directory=str(directory)))
        if asks:
            _ask_throughout(engine)
        else:
            engine.ended("run")
        engine.process.kill()
        engine.process.wait()
        lines = (directory / "log.jsonl").read_bytes().splitlines()
        logs.append([line for line in lines if b'"kind":"one-shot"' not in line])
    assert logs[0] == logs[1]


def _ask_throughout(engine: Engine) -> None:
    """Two questions under both variants while the batch is scored, one while it is recovered."""

    def ask(question_id: str) -> None:
        engine.send(
            Decode(
                id=question_id,
                item_id="capital-cn-en",
                variants=("dense", "wanda:0.45"),
                decoding=OneShot(),
            )
        )

    answered_within = []
    for event in engine.events():
        if isinstance(event, RunOpened):
            ask("first")
        elif isinstance(event, Ended) and event.id != "run":
            answered_within.append((event.id, len(engine.of(ItemScored))))
            if event.id == "first":
                ask("second")
        elif isinstance(event, ItemScored) and len(engine.of(ItemScored)) == 3:
            ask("third")
        elif isinstance(event, Ended):
            break
    assert answered_within == [("first", 0), ("second", 0), ("third", 3)]
    results = [
        event.redecode
        for event in engine.of(DecodeFinished)
        if isinstance(event, DecodeFinished) and event.id != "run"
    ]
    for variant in ("dense", "wanda:0.45"):
        texts = {r.hypotheses[0].text for r in results if r.variant == variant}
        assert len(texts) == 1, "an answer depends on what it interrupted"


def test_a_question_that_needs_no_more_is_answered_while_variants_are_made(
    checkpoint: Path, tmp_path: Path
) -> None:
    """Questions interrupt the sampling of the calibration text and the walk over the blocks; what
    is made is the same to the byte as when nobody asks."""
    made = []
    for name in ("quiet", "asked"):
        engine = Engine(tmp_path / name, OMP_NUM_THREADS=ONE_THREAD)
        settings = tiny_settings(
            checkpoint, limit=4, recipes=("wanda:0.5+owl", "sparsegpt:0.5", "rtn:4")
        )
        directory = tmp_path / name / "run"
        engine.send(StartRun(id="run", settings=settings, directory=str(directory)))
        if name == "asked":
            _ask_while_variants_are_made(engine)
        engine.ended("run")
        engine.process.kill()
        engine.process.wait()
        log = (directory / "log.jsonl").read_bytes().splitlines()
        # Their bytes but for the header, whose entries stand in any order.
        tensors = {
            path.name: {key: value.numpy().tobytes() for key, value in load_file(path).items()}
            for path in (tmp_path / name).rglob("*.safetensors")
        }
        assert len(tensors) == 4, "three variants and the calibration text"
        made.append(([line for line in log if b'"record":"scored"' in line], tensors))
    assert made[0] == made[1]


def _ask_while_variants_are_made(engine: Engine) -> None:
    """A question about the dense model at every step that is told of, and one about a variant."""

    def ask(question_id: str, variant: str, decoding: Decoding) -> None:
        engine.send(
            Decode(id=question_id, item_id="capital-cn-en", variants=(variant,), decoding=decoding)
        )

    ask("0", "dense", Greedy())
    ask("last", "rtn:4", Greedy())
    answered: dict[str, set[str]] = {}
    stages: set[str] = set()
    for event in engine.events():
        if isinstance(event, Progress) and event.id == "run":
            stages.add(f"{event.stage} {event.variant or ''}".strip())
        if isinstance(event, Ended) and event.id != "run":
            answered[str(event.id)] = set(stages)
            if event.id == "last":
                break
            sort = Sample(count=2) if len(answered) % 2 else Beam(width=2)
            ask(str(len(answered)), "dense", sort)
    assert "prune rtn:4" in answered["last"], "it waits for its variant"
    assert len(answered) > 4
    assert any("prune wanda:0.5+owl" not in stages for stages in answered.values())
    assert any(
        "prune wanda:0.5+owl" in stages and "prune sparsegpt:0.5" not in stages
        for stages in answered.values()
    )


def test_a_question_is_cancelled_without_the_run_that_it_interrupts(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    settings = tiny_settings(checkpoint, limit=40, answer_tokens=24)
    engine.send(StartRun(id="run", settings=settings, directory=str(tmp_path / "run")))
    engine.until(ItemScored)
    engine.send(
        Decode(
            id="q",
            item_id="capital-cn-en",
            variants=("wanda:0.5",),
            decoding=Sample(count=64),
        )
    )
    engine.until(DecodeStep)
    engine.send(Cancel(request="q"))
    assert engine.ended("q", "run") == {"q": True, "run": False}
    assert len(engine.of(ItemScored)) == 40


TOY = '''
from engine.inspection.handler import Handler
from engine.records.protocol import Event, Question


class CountLetters(Question, frozen=True, kw_only=True):
    """How many letters does an item's question have?"""

    item_id: str


class LettersCounted(Event, frozen=True, kw_only=True):
    count: int


def count(inspection, request):
    item = inspection.run.log.items[request.item_id]
    inspection.emit(LettersCounted(count=sum(map(str.isalpha, item.question))))


HANDLER = Handler(CountLetters, count)
'''


def test_a_question_from_another_package_is_answered(tmp_path: Path, checkpoint: Path) -> None:
    """An installed package adds a question by an entry point; the engine knows it at once."""
    site = tmp_path / "site"
    info = site / "toy_questions-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "toy_questions.py").write_text(TOY)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-questions\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[illusion_tui.questions]\nCountLetters = toy_questions:HANDLER\n"
        "Broken = toy_questions:NOTHING\n"
    )
    root = Path(__file__).parent.parent
    engine = Engine(tmp_path / "home", PYTHONPATH=f"{root}:{site}")
    run = str(tmp_path / "run")
    engine.send(StartRun(id="run", settings=tiny_settings(checkpoint, limit=2), directory=run))
    engine.ended("run")
    notices = [event.text for event in engine.of(Notice) if isinstance(event, Notice)]
    assert any("Broken" in text and "toy-questions" in text for text in notices)
    engine.send(OpenRun(id="open", directory=run))
    engine.ended("open")
    engine.write(b'{"type":"CountLetters","id":"n","item_id":"capital-cn-en"}\n')
    assert engine.process.stdout is not None
    answer = json.loads(engine.process.stdout.readline())
    assert answer == {"type": "LettersCounted", "id": "n", "count": 23}
    assert engine.ended("n") == {"n": False}
    engine.write(b'{"type":"CountLetters","id":"m","item_id":"absent"}\n')
    failed = engine.until(Failed)
    assert failed.id == "m"
    engine.process.kill()
    engine.process.wait()

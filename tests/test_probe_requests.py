"""Probes by the engine and the command: kept in the run, answered from it, cancelled, killed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.records.instruments.instrument import Finding, finding_key
from engine.records.instruments.registry import instruments
from engine.records.instruments.restore import Restore
from engine.records.protocol import (
    Cancel,
    Failed,
    OpenRun,
    Probe,
    ProbeFinished,
    ProbeStep,
    StartRun,
)
from engine.reports.export import export
from engine.runs.index import index_log
from engine.runs.log import RunLog
from engine.runs.logged import LogFile, LoggedFindings
from engine.runs.reading import read_run
from tests.cli_helpers import run_cli
from tests.engine_process import Engine, tiny_settings
from tests.inspector_fixtures import WANDA, finding, manifest, scored_items

VARIANT = "wanda:0.5"


def findings_of(engine: Engine) -> list[Finding]:
    return [event.finding for event in engine.of(ProbeFinished) if isinstance(event, ProbeFinished)]


def test_every_instrument_answers_and_is_asked_once(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    engine.send(StartRun(id="run", settings=tiny_settings(checkpoint, limit=3), directory=str(run)))
    engine.ended("run")
    ids = tuple(read_run(run).scored)
    for kind in instruments().values():
        engine.send(Probe(id=kind.name, item_ids=ids, variant=VARIANT, instrument=kind))
        assert engine.ended(kind.name) == {kind.name: False}
    assert not engine.of(Failed)
    found = findings_of(engine)
    assert [one.item_id for one in found if one.name == "patch"] == sorted(
        ids, key=[one.item_id for one in found if one.name == "depth"].index
    )
    assert len(found) == len(ids) * len(instruments())
    assert {one.name for one in found} == instruments().keys()
    steps = [event for event in engine.of(ProbeStep) if isinstance(event, ProbeStep)]
    assert all(0 <= step.share <= 1 for step in steps)
    engine.process.kill()
    engine.process.wait()
    assert {finding_key(one): one for one in read_run(run).findings} == {
        finding_key(one): one for one in found
    }

    # Its model is gone: whatever is answered now comes from the log.
    again = Engine(tmp_path / "other")
    again.send(OpenRun(id="open", directory=str(run)))
    again.ended("open")
    (checkpoint / "model.safetensors").rename(checkpoint / "away")
    try:
        again.send(Probe(id="q", item_ids=ids, variant=VARIANT, instrument=Restore()))
        assert again.ended("q") == {"q": False}
    finally:
        (checkpoint / "away").rename(checkpoint / "model.safetensors")
    assert sorted(map(finding_key, findings_of(again)), key=str) == sorted(
        (finding_key(one) for one in found if one.name == "restore"), key=str
    )
    again.process.kill()
    again.process.wait()


def test_a_probe_is_cancelled_between_passes(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    settings = tiny_settings(checkpoint, limit=60, batch_size=32)
    engine.send(StartRun(id="run", settings=settings, directory=str(run)))
    engine.ended("run")
    ids = tuple(read_run(run).scored)
    engine.send(Probe(id="q", item_ids=ids, variant=VARIANT, instrument=Restore()))
    engine.until(ProbeStep)
    engine.send(Cancel(request="q"))
    assert engine.ended("q") == {"q": True}
    assert len(findings_of(engine)) < len(ids)
    assert set(map(finding_key, read_run(run).findings)) == set(
        map(finding_key, findings_of(engine))
    )
    engine.send(Probe(id="again", item_ids=ids, variant=VARIANT, instrument=Restore()))
    assert engine.ended("again") == {"again": False}
    assert {one.item_id for one in read_run(run).findings} == set(ids)


@pytest.mark.parametrize(
    ("item", "variant", "said"),
    [("nowhere", VARIANT, "no item nowhere"), (None, "dense", "beside the dense model")],
)
def test_what_cannot_be_probed_is_said(
    engine: Engine, checkpoint: Path, tmp_path: Path, item: str | None, variant: str, said: str
) -> None:
    run = tmp_path / "run"
    engine.send(StartRun(id="run", settings=tiny_settings(checkpoint, limit=1), directory=str(run)))
    engine.ended("run")
    [known] = read_run(run).scored
    engine.send(Probe(id="q", item_ids=(item or known,), variant=variant, instrument=Restore()))
    failed = engine.until(Failed)
    assert isinstance(failed, Failed)
    assert said in failed.message
    assert engine.ended("q") == {"q": False}


def test_findings_are_read_whole_and_by_item_exported_and_survive_a_torn_line(
    tmp_path: Path,
) -> None:
    scored = scored_items(4)
    run = tmp_path / "run"
    found = [finding(each, WANDA, kind) for each in scored for kind in instruments().values()]
    with RunLog.open(run, manifest(len(scored)), [each.item for each in scored]) as log:
        log.append_scored(scored)
        plain = tmp_path / "plain.jsonl"
        export(read_run(run), plain)
        assert b'"findings"' not in plain.read_bytes()
        log.append_findings(found[:-1])
        log.append_findings(found[-1:])
    assert list(read_run(run).findings) == found
    path = run / "log.jsonl"
    logged = LoggedFindings(LogFile(path), index_log(path).findings)
    assert [one for each in scored for one in reversed(logged[each.item.id])] == found
    table = tmp_path / "run.jsonl"
    export(read_run(run), table)
    rows = [json.loads(line) for line in table.read_bytes().splitlines()]
    assert all(len(row["findings"]) == len(instruments()) for row in rows)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 20)
    assert list(read_run(run).findings) == found[:-1]


def test_the_command_tells_of_an_item_and_of_many(tmp_path: Path, checkpoint: Path) -> None:
    options: list[object] = ["--model", checkpoint, "--limit", 4, "--language", "en"]
    options += ["--answer-tokens", 6, "--dtype", "float32", "--calibration-sequences", 2]
    options += ["--calibration-tokens", 24, "--out", tmp_path / "run"]
    assert run_cli(tmp_path, "score", *options).returncode == 0
    run = read_run(tmp_path / "run")
    [first, *_] = run.scored
    done = run_cli(tmp_path, "xray", tmp_path / "run", first)
    assert done.returncode == 0, done.stderr
    headings = [kind.title for kind in instruments().values() if kind.unasked]
    assert [line for line in done.stdout.splitlines() if line in headings] == headings
    done = run_cli(tmp_path, "xray", tmp_path / "run", first, "-i", "patch", "--json")
    answer = json.loads(done.stdout)
    assert answer["item_id"] == first
    [patch] = answer["findings"]
    assert patch["kind"] == "patch"
    assert len(patch["log_probabilities"]) == 3
    done = run_cli(tmp_path, "xray", tmp_path / "run", "--filter", "lang:en", "--json")
    answer = json.loads(done.stdout)
    assert answer["items"] == 4
    assert answer["figures"].keys() == {"depth", "restore", "fork", "along"}
    assert answer["figures"]["fork"]["items"] == 4
    assert len(answer["figures"]["restore"]["blocks"]) == 3
    along = answer["figures"]["along"]
    assert sum(along["parts"].values()) + along["together"] == 4
    done = run_cli(tmp_path, "xray", tmp_path / "run", "--filter", "lang:en", "-i", "fork")
    assert "of 4 answers complete themselves" in done.stdout
    for wrong, said in (
        ([], "either an item or a --filter"),
        ([first, "--filter", "lang:en"], "either an item or a --filter"),
        (["nothing"], "no item 'nothing'"),
        (["--filter", "lang:en", "-i", "patch"], "makes no figure of many items"),
        ([first, "-i", "dept"], "no instrument 'dept'"),
        (["--filter", "lang:xx"], "no item of the run"),
    ):
        done = run_cli(tmp_path, "xray", tmp_path / "run", *wrong)
        assert done.returncode == 2
        assert said in done.stderr

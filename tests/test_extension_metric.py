"""A researcher's own metric, in a package of its own, is a metric like every other."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.runs.log import RunLog
from tests.cli_helpers import ROOT, environment, run_cli, scripted
from tests.extension_helpers import install_package
from tests.runs_helpers import make_manifest, one_of_each

GROUP = "illusion_tui.metrics"

TOY = '''
"""How much longer an answer gets, and whether it says that it is one."""

from engine.analysis.metrics.metric import PairMetric, SideMetric, Summed, TableColumn


def growth(pair):
    return len(pair.pruned.open.text) - len(pair.dense.open.text)


TOY = PairMetric(
    name="toy",
    type=int,
    title="growth",
    help="Characters that the open answer gains.",
    text="{:g} characters".format,
    summed=Summed(how="mean"),
    column=TableColumn(cells=8, text=str),
    value=growth,
)
POLITE = SideMetric(
    name="polite",
    type=bool,
    title="polite",
    help="Whether the open answer begins with 'It is'.",
    short="it_is",
    summed=Summed(how="share", title="begins with 'It is'"),
    value=lambda score: score.open.text.startswith("It is"),
)
'''
ENTRIES = {"toy": "TOY", "polite": "POLITE"}

BROKEN = """
from engine.analysis.metrics.metric import PairMetric


def metric(name, value):
    return PairMetric(name=name, type=float, title=name, help="Broken.", value=value)


RANK = metric("rank", lambda pair: 1.0)
LETTERS = metric("letters", lambda pair: "three")
"""


INSPECTOR = """
import asyncio, json, sys
from pathlib import Path

from tests.app_helpers import opened


async def main():
    async with opened(saved=Path(sys.argv[1]), size=(240, 60)) as it:
        headings = [column.key for column in it.table.columns]
        await it.pilot.resize_terminal(100, 60)
        narrow = [column.key for column in it.table.columns]
        pages = []
        for key in ("question_mark", "v"):
            await it.press(key)
            await it.until(lambda: len(it.app.screen.texts()) > 1)
            pages.append(" ".join(" ".join(it.app.screen.texts()).split()))
            await it.press("escape")
        print(json.dumps([headings, narrow, *pages]))


asyncio.run(main())
"""


def saved_run(directory: Path) -> Path:
    scored = one_of_each()
    items = [each.item for each in scored]
    with RunLog.open(directory / "run", make_manifest(items), items) as log:
        log.append_scored(scored)
    return directory / "run"


def import_path(directory: Path, name: str, source: str, entries: dict[str, str]) -> str:
    installed = install_package(directory, name, source, GROUP, entries)
    return os.pathsep.join([str(ROOT), str(installed)])


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """PYTHONPATH with the package `toy`."""
    return import_path(tmp_path_factory.mktemp("package"), "toy", TOY, ENTRIES)


def test_it_is_a_column_at_the_end_and_a_name_in_filters(tmp_path: Path, installed: str) -> None:
    run, table = saved_run(tmp_path), tmp_path / "x.csv"
    done = run_cli(
        tmp_path, "export", run, "--to", table, "--filter", "toy>3", PYTHONPATH=installed
    )
    assert done.returncode == 0, done.stderr
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[-3:] == ["dense_polite", "pruned_polite", "toy"]
    assert {row["item_id"]: row["toy"] for row in rows} == {"kept": "7", "recognition-only": "13"}
    done = run_cli(
        tmp_path, "export", run, "--to", table, "--filter", "it_is:yes", PYTHONPATH=installed
    )
    assert "1 items" in done.stderr


def test_reports_sum_it_up(tmp_path: Path, installed: str) -> None:
    run = saved_run(tmp_path)
    for form in ("run.md", "run.html"):
        done = run_cli(tmp_path, "export", run, "--to", tmp_path / form, PYTHONPATH=installed)
        assert done.returncode == 0, done.stderr
        text = (tmp_path / form).read_text(encoding="utf-8")
        assert "mean growth: 4 characters" in text
        assert "begins with" in text


def test_a_scored_run_sums_it_up(tmp_path: Path, installed: str) -> None:
    options = ("score", "--engine", scripted(), "--out", tmp_path / "run")
    done = run_cli(tmp_path, *options, "--json", PYTHONPATH=installed)
    assert done.returncode == 0, done.stderr
    metrics = json.loads(done.stdout)["comparisons"][0]["metrics"]
    assert metrics["toy"]["how"] == "mean"
    assert metrics["toy"]["n"] == json.loads(done.stdout)["items"]
    assert metrics["pruned_polite"]["how"] == "share"
    done = run_cli(tmp_path, *options, PYTHONPATH=installed)
    assert "mean growth: " in done.stdout
    assert "begins with 'It is'" in done.stdout


def test_help_names_it(tmp_path: Path, installed: str) -> None:
    shown = run_cli(tmp_path, "export", "--help", PYTHONPATH=installed, COLUMNS="200")
    assert "toy" in shown.stdout
    doctor = run_cli(tmp_path, "doctor", PYTHONPATH=installed)
    assert "toy (toy 1.0)" in doctor.stdout


def test_the_inspector_shows_it(tmp_path: Path, installed: str) -> None:
    saved_run(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", INSPECTOR, str(tmp_path / "run")],
        env=environment(tmp_path, PYTHONPATH=installed),
        capture_output=True,
        text=True,
        check=True,
    )
    headings, narrow, help_page, summary = json.loads(done.stdout)
    assert headings[-2:] == ["toy", "back"]
    assert "toy" not in narrow
    assert "toy Characters that the open answer gains." in help_page
    assert "it_is, dense_polite, pruned_polite Whether the open answer begins" in help_page
    assert "mean growth: 4 characters" in summary


def test_a_metric_that_is_broken_breaks_nothing_else(tmp_path: Path) -> None:
    path = import_path(tmp_path, "broken", BROKEN, {"rank": "RANK", "absent": "ABSENT"})
    run, table = saved_run(tmp_path), tmp_path / "x.csv"
    options = ("export", run, "--to", table, "--filter")
    done = run_cli(tmp_path, *options, "rank>3", PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    asked = run_cli(tmp_path, *options, "absent>3", PYTHONPATH=path)
    assert asked.returncode == 2
    assert "'absent' of the package broken can't be used: AttributeError" in asked.stderr
    doctor = run_cli(tmp_path, "doctor", PYTHONPATH=path)
    assert "rank of broken can't be used: the name 'rank' is taken" in doctor.stdout


def test_a_metric_that_fails_says_where_it_comes_from(tmp_path: Path) -> None:
    path = import_path(tmp_path, "broken", BROKEN, {"letters": "LETTERS"})
    done = run_cli(
        tmp_path, "export", saved_run(tmp_path), "--to", tmp_path / "x.csv", PYTHONPATH=path
    )
    assert done.returncode == 1
    failure = (
        "the metric 'letters' of the package broken failed on item 'kept': expected float, not str"
    )
    assert failure in " ".join(done.stderr.split())
    assert not (tmp_path / "x.csv").exists()

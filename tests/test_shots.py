"""Pictures of screens, taken without a terminal."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from engine.records.instruments.depth import Depth
from engine.runs.log import RunLog
from engine.runs.reading import read_items
from tests.cli_helpers import run_cli
from tests.inspector_fixtures import WANDA, finding
from tests.stage_helpers import staged_run
from tui.shots import screen_names


def words(svg: Path) -> str:
    """The text of a picture."""
    return html.unescape(svg.read_text(encoding="utf-8")).replace("\u00a0", " ")


@pytest.fixture
def item(tmp_path: Path) -> str:
    """An item of a run that stands in `tmp_path / "run"`; its gold answer is Paris."""
    return staged_run(tmp_path / "run")[0]


@pytest.mark.parametrize(
    ("screen", "text"),
    [("items", "recognition-only"), ("xray", "X-ray"), ("stage", "brought back")],
)
def test_a_picture_holds_the_item_with_its_gold_answer(
    tmp_path: Path, item: str, screen: str, text: str
) -> None:
    svg = tmp_path / "shot.svg"
    options = ("--item", item, "--screen", screen, "--size", "110x30", "--theme", "light")
    done = run_cli(tmp_path, "shot", tmp_path / "run", "--to", svg, *options)
    assert done.returncode == 0, done.stderr
    shown = words(svg)
    assert shown.startswith("<svg")
    assert text.lower() in shown.lower()
    gold = next(one.gold for one in read_items(tmp_path / "run") if one.id == item)
    assert gold in shown


def test_a_picture_of_the_x_ray_holds_what_an_instrument_found(tmp_path: Path, item: str) -> None:
    with RunLog.attach(tmp_path / "run") as log:
        log.append_findings([finding(log.scored[item], WANDA, Depth())])
    svg = tmp_path / "shot.svg"
    options = ("--to", svg, "--item", item, "--size", "110x30")
    done = run_cli(tmp_path, "shot", tmp_path / "run", *options, "--instrument", "depth")
    assert done.returncode == 0, done.stderr
    assert "log-probability of" in words(svg)
    svg.unlink()
    done = run_cli(tmp_path, "shot", tmp_path / "run", *options, "--instrument", "restore")
    assert done.returncode == 2, done.stderr
    assert f"xray RUN {item} --instrument restore" in done.stderr
    assert not svg.exists()


def test_a_picture_of_the_stage_is_taken_at_a_beat(tmp_path: Path, item: str) -> None:
    shown = []
    for beat in ("1", "2", None):
        svg = tmp_path / "shot.svg"
        options = ("--to", svg, "--item", item, "--screen", "stage", "--size", "110x30")
        beats = () if beat is None else ("--beat", beat)
        done = run_cli(tmp_path, "shot", tmp_path / "run", *options, *beats)
        assert done.returncode == 0, done.stderr
        shown.append("brought back" in words(svg).lower())
    assert shown == [False, False, True]


def test_every_screen_that_opens_from_the_items_can_be_pictured() -> None:
    assert {"items", "lab", "xray", "variants", "summary", "remedies", "stage"} <= set(
        screen_names()
    )


@pytest.mark.parametrize(
    ("options", "error", "hint"),
    [
        (("--screen", "attic"), "no screen 'attic'", "xray"),
        (("--screen", "xrya"), "no screen 'xrya'", "Did you mean 'xray'?"),
        (("--instrument", "dept"), "no instrument 'dept'", "Did you mean 'depth'?"),
        (("--instrument", "attic"), "no instrument 'attic'", "Name one of depth"),
        (("--screen", "lab", "--instrument", "depth"), "of the screen 'xray'", "--screen xray"),
        (("--screen", "lab", "--beat", "1"), "of the screen 'stage'", "--screen stage"),
        (("--beat", "9"), "--beat 9", "from 1 to 6"),
        (("--beat", "0"), "--beat 0", "from 1 to 6"),
        (("--theme", "ligth"), "no theme 'ligth'", "Did you mean 'light'?"),
        (("--item", "capital-zz"), "no item 'capital-zz'", "Did you mean"),
        (("--size", "wide"), "--size 'wide'", "120x34"),
        (("--size", "5x5"), "--size '5x5'", "120x34"),
        (("--theme", "pink"), "no theme 'pink'", "dark, light"),
        (("--to", "shot.png"), "no name of an SVG picture", ".svg"),
    ],
)
def test_bad_usage_is_an_error_and_leaves_no_file(
    tmp_path: Path, item: str, options: tuple[str, ...], error: str, hint: str
) -> None:
    svg = tmp_path / "shot.svg"
    done = run_cli(tmp_path, "shot", tmp_path / "run", "--to", svg, *options)
    assert done.returncode == 2, done.stderr
    assert error in done.stderr
    assert hint in done.stderr
    assert not svg.exists()

"""Pictures of the main screens on a saved run, compared with those in tests/snapshots.

    UPDATE_SNAPSHOTS=1 pytest tests/test_snapshots.py

rewrites them. Look at every one that changed before it is committed: a browser shows them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from engine.records.decodings.beam import Beam
from engine.records.decodings.contrastive import Contrastive
from engine.records.decodings.k_shot import KShot
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.instruments.depth import Depth
from engine.records.instruments.restore import Restore
from engine.runs.log import RunLog
from engine.runs.remedies import RemedyLog
from tests.app_helpers import opened
from tests.inspector_fixtures import DENSE, WANDA, finding, manifest, redecode, scored_items
from tests.test_remedies_screen import report
from tests.variant_fixtures import graded_items, graded_manifest
from tui.screens.groups import GroupsScreen
from tui.screens.page import PageScreen

SNAPSHOTS = Path(__file__).parent / "snapshots"
KEYS = {
    "inspector": (),
    "x-ray": ("x",),
    "depth": ("x", "d"),
    "restore": ("x", "r"),
    "lab": ("enter", "down"),
    "summary": ("v",),
    "groups": ("V",),
    "remedies": ("m",),
}
LAB_DECODINGS = (Beam(), Sample(), OneShot(), KShot(), Contrastive(), Beam(width=4))
DEMOTED, TRIED = 4, 3
"""Numbers of recognition-only items: one that was re-decoded, one by almost every decoding."""


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> bool:
    """Whether an item is to have been re-decoded in almost every way."""
    return bool(request.getfixturevalue("screen") == "lab")


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tried: bool) -> Path:
    """A run of 40 items in several scripts, some of them re-decoded; its path is relative."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    scored = scored_items(34)
    run = Path("run")
    with RunLog.open(run, manifest(len(scored)), [each.item for each in scored]) as log:
        log.append_scored(scored)
        log.append_redecode(redecode(scored[DEMOTED], WANDA, Sample()))
        log.append_redecode(redecode(scored[DEMOTED], WANDA, Beam()))
        for decoding in LAB_DECODINGS if tried else ():
            log.append_redecode(redecode(scored[TRIED], DENSE, decoding))
            log.append_redecode(redecode(scored[TRIED], WANDA, decoding))
        RemedyLog(run).append(report())
        log.append_findings(
            [finding(scored[DEMOTED], WANDA, kind) for kind in (Depth(), Restore())]
        )
    return run


@pytest.fixture
def graded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of 40 items under five recipes; its path is relative."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    scored = graded_items()
    run = Path("run")
    with RunLog.open(run, graded_manifest(len(scored)), [each.item for each in scored]) as log:
        log.append_scored(scored)
        log.append_redecode(redecode(scored[DEMOTED], "wanda:0.5", Beam()))
    return run


SIZES = ((200, 50), (80, 24))
SCREENS = [(screen, size) for screen in KEYS for size in SIZES] + [
    (screen, (120, 34)) for screen in ("lab", "summary", "groups")
]


@pytest.mark.parametrize(
    ("screen", "size"), SCREENS, ids=[f"{screen}-{w}x{h}" for screen, (w, h) in SCREENS]
)
async def test_the_screen_looks_as_it_did(screen: str, size: tuple[int, int], saved: Path) -> None:
    number = TRIED if screen == "lab" else DEMOTED
    await compare(screen, ("down",) * number + KEYS[screen], size, saved)


@pytest.mark.parametrize(
    "size", [(200, 50), (120, 34), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}"
)
@pytest.mark.parametrize(("screen", "key"), [("variants", "u"), ("summary-variants", "v")])
async def test_several_variants_look_as_they_did(
    screen: str, key: str, size: tuple[int, int], graded: Path
) -> None:
    await compare(screen, ("down",) * DEMOTED + (key,), size, graded)


@pytest.mark.parametrize(
    ("screen", "size", "keys"),
    [
        ("stage", (80, 24), ("S", *("space",) * 5)),
        ("stage", (120, 34), ("S", *("space",) * 5)),
        ("stage-wrong-light", (80, 24), ("ctrl+t", "S", "space", "space")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_the_stage_looks_as_it_did(
    screen: str, size: tuple[int, int], keys: tuple[str, ...], saved: Path
) -> None:
    await compare(screen, keys, size, saved)


async def compare(screen: str, keys: tuple[str, ...], size: tuple[int, int], run: Path) -> None:
    """Open a run, press the keys, and compare the picture."""
    async with opened(saved=run, size=size) as it:
        await it.press(*keys)
        if isinstance(page := it.app.screen, PageScreen):
            await it.until(lambda: len(page.texts()) > 1)
        elif isinstance(groups := it.app.screen, GroupsScreen):
            await it.until(lambda: bool(groups.shown))
        drawn = normalised(it.app.export_screenshot(simplify=True))
    path = SNAPSHOTS / f"{screen}-{size[0]}x{size[1]}.svg"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
    same = drawn == path.read_text(encoding="utf-8")
    assert same, f"{path.name} has changed; UPDATE_SNAPSHOTS=1 rewrites it"


def normalised(svg: str) -> str:
    """The picture without the ids that Rich derives from its content."""
    return re.sub(r"terminal-\d+", "terminal", svg)

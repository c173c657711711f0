"""Pictures of the main screens on a saved run, compared with those in tests/snapshots.

    UPDATE_SNAPSHOTS=1 pytest tests/test_snapshots.py

rewrites them. Look at every one that changed before it is committed: a browser shows them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.app_helpers import opened
from tests.saved_runs import DEMOTED, SNAPSHOTS, TRIED, drawn_whole, write_graded, write_saved

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


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> bool:
    """Whether an item is to have been re-decoded in almost every way."""
    return bool(request.getfixturevalue("screen") == "lab")


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tried: bool) -> Path:
    """A run of 40 items in several scripts, some of them re-decoded; its path is relative."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    run = Path("run")
    write_saved(run, tried=tried)
    return run


@pytest.fixture
def graded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of 40 items under five recipes; its path is relative."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    run = Path("run")
    write_graded(run)
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
        await drawn_whole(it)
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

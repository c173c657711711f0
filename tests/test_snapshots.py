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
from engine.records.decodings.sample import Sample
from engine.records.instruments.depth import Depth
from engine.records.instruments.restore import Restore
from engine.runs.log import RunLog
from tests.app_helpers import opened
from tests.inspector_fixtures import WANDA, finding, manifest, redecode, scored_items
from tui.screens.page import PageScreen

SNAPSHOTS = Path(__file__).parent / "snapshots"
KEYS = {
    "inspector": (),
    "x-ray": ("x",),
    "depth": ("x", "d"),
    "restore": ("x", "r"),
    "lab": ("enter",),
    "summary": ("v",),
}
DEMOTED = 4
"""Number of a recognition-only item."""


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of 40 items in several scripts, two re-decodes among them; its path is relative."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    scored = scored_items(34)
    run = Path("run")
    with RunLog.open(run, manifest(len(scored)), [each.item for each in scored]) as log:
        log.append_scored(scored)
        log.append_redecode(redecode(scored[DEMOTED], WANDA, Sample()))
        log.append_redecode(redecode(scored[DEMOTED], WANDA, Beam()))
        log.append_findings(
            [finding(scored[DEMOTED], WANDA, kind) for kind in (Depth(), Restore())]
        )
    return run


@pytest.mark.parametrize("size", [(200, 50), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", KEYS)
async def test_the_screen_looks_as_it_did(screen: str, size: tuple[int, int], saved: Path) -> None:
    async with opened(saved=saved, size=size) as it:
        await it.press(*["down"] * DEMOTED, *KEYS[screen])
        if isinstance(page := it.app.screen, PageScreen):
            await it.until(lambda: len(page.texts()) > 1)
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

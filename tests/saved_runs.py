"""Saved runs for pictures and texts of the screens: always the same, at a relative path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.records.decodings.beam import Beam
from engine.records.decodings.contrastive import Contrastive
from engine.records.decodings.k_shot import KShot
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.instruments.depth import Depth
from engine.records.instruments.instrument import Instrument
from engine.records.instruments.restore import Restore
from engine.runs.log import RunLog
from engine.runs.remedies import RemedyLog
from tests.app_helpers import Opened
from tests.inspector_fixtures import DENSE, WANDA, finding, manifest, redecode, scored_items
from tests.test_remedies_screen import report
from tests.variant_fixtures import graded_items, graded_manifest
from tui.screens.groups import GroupsScreen
from tui.screens.page import PageScreen

SNAPSHOTS = Path(__file__).parent / "snapshots"
LAB_DECODINGS = (Beam(), Sample(), OneShot(), KShot(), Contrastive(), Beam(width=4))
DEMOTED, TRIED = 4, 3
"""Numbers of recognition-only items: one that was re-decoded, one by almost every decoding."""


def write_saved(
    run: Path, *, tried: bool, instruments: Sequence[Instrument] = (Depth(), Restore())
) -> None:
    """Write a run of 40 items in several scripts, some of them re-decoded.

    Args:
        run: its directory.
        tried: re-decode one of them in almost every way.
        instruments: what looked into the item that was re-decoded.
    """
    scored = scored_items(34)
    with RunLog.open(run, manifest(len(scored)), [each.item for each in scored]) as log:
        log.append_scored(scored)
        log.append_redecode(redecode(scored[DEMOTED], WANDA, Sample()))
        log.append_redecode(redecode(scored[DEMOTED], WANDA, Beam()))
        for decoding in LAB_DECODINGS if tried else ():
            log.append_redecode(redecode(scored[TRIED], DENSE, decoding))
            log.append_redecode(redecode(scored[TRIED], WANDA, decoding))
        RemedyLog(run).append(report())
        log.append_findings([finding(scored[DEMOTED], WANDA, kind) for kind in instruments])


def write_graded(run: Path) -> None:
    """Write a run of 40 items under five recipes."""
    scored = graded_items()
    with RunLog.open(run, graded_manifest(len(scored)), [one.item for one in scored]) as log:
        log.append_scored(scored)
        log.append_redecode(redecode(scored[DEMOTED], "wanda:0.5", Beam()))


async def drawn_whole(it: Opened) -> None:
    """Wait until the screen shown has all that it draws."""
    if isinstance(page := it.app.screen, PageScreen):
        await it.until(lambda: len(page.texts()) > 1)
    elif isinstance(groups := it.app.screen, GroupsScreen):
        await it.until(lambda: bool(groups.shown))

"""The screen that searches for remedies, on a scripted engine."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len
from textual.widgets import Input

from engine.analysis.remedying import remedy_report
from engine.methods.recipes import parse_recipe
from engine.records.protocol import Cancel, Ended, Progress, Remedy, RemedyFound, RemedyTried
from engine.records.remedies import (
    HELD_OUT,
    DecodingRow,
    MeasuredText,
    Proof,
    RemedyReport,
    RemedyRow,
    Trial,
)
from engine.reports.remedies import remedy_sections
from engine.runs.log import RunLog
from engine.runs.remedies import RemedyLog
from tests.app_helpers import opened
from tests.inspector_fixtures import WANDA, manifest, scored_items
from tui.drawing.remedy_lines import remedy_lines
from tui.screens.page import PageScreen
from tui.screens.remedies import RemediesScreen

GOLD = f"{WANDA}+gold"
OWL = f"{WANDA}+owl"


def trial(recipe: str, right: int) -> Trial:
    return Trial(
        recipe=recipe,
        open_right=right,
        choice_right=13,
        n=15,
        gold_log_probability=-2.5,
        achieved_sparsity=0.45,
        seconds=12.0,
    )


def decoding() -> DecodingRow:
    return DecodingRow(
        recipe=WANDA,
        label="wanda 45 %",
        decoding="one-shot",
        n=36,
        open_accuracy=0.5,
        open_interval=(0.34, 0.66),
        brought_back=7,
        newly_broken=2,
        p_value=0.18,
        tokens=23.5,
    )


def report() -> RemedyReport:
    """Of a search in which +gold gave every answer that the dense model gives."""
    scored = scored_items(30)
    proofs = []
    for one in scored:
        for name, source in ((WANDA, WANDA), (OWL, WANDA), (GOLD, "dense")):
            scores = {"dense": one.scores["dense"], name: one.scores[source]}
            changed = type(one)(item=one.item, prompt=one.prompt, scores=scores)
            proofs += [
                Proof(recipe=name, task=task, scored=changed) for task in (HELD_OUT, "currencies")
            ]
    recipes = [parse_recipe(name) for name in (OWL, GOLD)]
    return remedy_report(
        base=parse_recipe(WANDA),
        best=recipes[1],
        baselines=recipes[:1],
        proven=recipes,
        priced=recipes[:1],
        trials={name: trial(name, right) for name, right in ((WANDA, 3), (OWL, 4), (GOLD, 12))},
        proofs=proofs,
        decodings=[decoding()],
        choosing=30,
        held_out=[one.item for one in scored],
        control="currencies",
    )


@pytest.mark.parametrize("size", [(80, 24), (120, 34), (200, 50)])
async def test_a_search_is_begun_followed_and_read(size: tuple[int, int]) -> None:
    async with opened(size=size) as it:
        await it.press("m")
        page = it.app.screen
        assert isinstance(page, RemediesScreen)
        assert "same sparsity" in " ".join(page.texts())
        await it.press("enter", "enter")
        [request] = it.sent(Remedy)
        assert isinstance(request, Remedy)
        assert request.variant == WANDA
        it.engine.emit(
            Progress(id=request.id, stage="remedy", detail="trying wanda", done=0, total=None),
            RemedyTried(id=request.id, trial=trial(OWL, 4)),
        )
        await it.until(lambda: any("open   4 of 15" in text for text in page.texts()))
        assert any("trying wanda" in text for text in page.texts())
        found = report()
        it.engine.emit(RemedyFound(id=request.id, report=found), Ended(id=request.id))
        await it.until(lambda: any("Held-out half, 36 items" in text for text in page.texts()))
        texts = page.texts()
        [best] = [text for text in texts[:10] if "▸" in text]
        assert "+gold" in best
        assert any(text.startswith("= ") and "+owl" in text for text in texts)
        assert any("Another task: currencies" in text for text in texts)
        assert any("At a price" in text for text in texts)
        assert any(text.startswith("  wanda 45 %, one-shot") and "50 %" in text for text in texts)
        assert all(len(text) <= size[0] for text in texts)


async def test_a_search_can_be_cancelled_and_an_old_one_is_still_there_and_exported(
    tmp_path: Path,
) -> None:
    scored = scored_items(30)
    with RunLog.open(tmp_path / "run", manifest(len(scored)), [one.item for one in scored]) as log:
        log.append_scored(scored)
    RemedyLog(tmp_path / "run").append(trial(WANDA, 3), report())
    async with opened(saved=tmp_path / "run") as it:
        await it.press("m")
        page = it.app.screen
        assert isinstance(page, PageScreen)
        await it.until(lambda: any("Held-out half" in text for text in page.texts()))
        await it.press("escape", "e")
        it.app.screen.query_one("#path", Input).value = str(tmp_path / "run.md")
        await it.press("enter")
        await it.until(lambda: it.app.screen is it.screen)
        assert "## Remedies, held-out half, 36 items" in (tmp_path / "run.md").read_text()
        await it.press("m", "enter")
        await it.until(lambda: bool(it.sent(Remedy)))
        await it.press("ctrl+n")
        [request] = it.sent(Remedy)
        [cancel] = it.sent(Cancel)
        assert isinstance(request, Remedy)
        assert isinstance(cancel, Cancel)
        assert cancel.request == request.id
        again = it.app.screen
        assert isinstance(again, PageScreen)
        await it.until(lambda: any("Held-out half" in text for text in again.texts()))


@pytest.mark.parametrize("width", [80, 120, 200])
def test_perplexities_stand_in_the_tables_and_everything_fits(width: int) -> None:
    plain = report()

    def measured(row: RemedyRow) -> RemedyRow:
        label = row.label if row.role == "dense" else f"checkpoint {'a-long-name-' * 8}"
        return msgspec.structs.replace(row, perplexity=19.0871, label=label)

    text = MeasuredText(source="text.txt", hash="", windows=3, tokens=512)
    found = msgspec.structs.replace(
        plain,
        dense=measured(plain.dense),
        variant=measured(plain.variant),
        best=measured(plain.best),
        remedies=tuple(map(measured, plain.remedies)),
        priced=tuple(map(measured, plain.priced)),
        text=text,
        notes=("no block was restored: they are packed",),
    )
    lines = ["".join(part for part, _ in line) for line in remedy_lines(found, (), "", "", width)]
    assert all(cell_len(line) <= width for line in lines)
    rows = 2 + len(plain.remedies) + len(plain.priced)
    assert sum("19.09" in line for line in lines) == rows
    everything = " ".join(lines)
    assert "perplexity on text.txt, 3 × 512 tokens" in everything
    assert "no block was restored" in everything
    [held_out, *_] = remedy_sections(found)
    assert held_out.table is not None
    assert held_out.table.header[-1] == "ppl"
    assert {row[-1] for row in held_out.table.rows} == {"19.09"}

"""Items of one's own: their order, borrowed options, and ranks where there is no stem."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from engine.analysis.rows import pair_row
from engine.inspection.borrowing import with_saved_options
from engine.items.reading import ItemSet, item_set, read_items
from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.manifest import ItemsRecord
from engine.records.protocol import ItemPreviewed, ItemScored, RunFinished, StartRun
from engine.records.scores import ScoredItem
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from engine.runs.log import RunLog
from tests.engine_process import Engine, tiny_settings
from tests.inspector_fixtures import DENSE, WANDA, score
from tests.runs_helpers import make_manifest, make_run, make_score, scored_item
from tui.drawing.item_variants import VariantRow, item_lines
from tui.drawing.layout import layout
from tui.drawing.lines import Line
from tui.drawing.score_lines import NO_STEM, pair_lines, question_lines
from tui.drawing.xray_lines import xray_lines
from tui.state.rows import Row

STEM = "Beneath it lies"


def row_of(prompt: str, *, stem: str | None = STEM, borrowed: bool = False) -> Row:
    item = Item(
        id="own",
        language="en",
        question="What lies beneath?",
        gold="Atlantis",
        options=("Atlantis", "Ys"),
        stem=stem,
        distractors="golds of other items, seed 0" if borrowed else None,
    )
    rng = random.Random(2)
    scores = {
        name: score(rng, item, right=right, choice_right=True, dense=right)
        for name, right in ((DENSE, True), (WANDA, False))
    }
    scored = ScoredItem(item=item, prompt=prompt, scores=scores)
    values = pair_row(scored, DENSE, WANDA)
    return Row(scored, scores[DENSE], scores[WANDA], "recognition-only", values=values)


def ranks(row: Row) -> list[str]:
    """The paints of an item's ranks and probabilities, wherever they are shown."""
    found = layout(200)
    keys = {"gold_rank", "gold_probability", "worst"}
    drawn = [
        column.draw(row, width)
        for column, width in zip(found.columns, found.widths, strict=True)
        if column.key in keys
    ]
    assert len(drawn) == 3
    paints = [[paint for text, paint in pieces if text not in "○●◉─"] for pieces in drawn]
    stem = row.scored.after_stem
    lines: list[Line] = [
        *pair_lines(row.reference, row.variant, 60, roomy=True, after_stem=stem)[1],
        *xray_lines(row, ("dense", "pruned"), 120)[:8],
        *item_lines([VariantRow("pruned", None, row.variant, (), stem)], 80),
    ]
    paints += [[paint for text, paint in line if text.startswith("rank")] for line in lines]
    paints += [[paint for text, paint in line if "◂ breaks" in text] for line in lines]
    return [paint for some in paints for paint in some]


@pytest.mark.parametrize(
    ("prompt", "stem", "tells"),
    [
        (f"user: What lies beneath?\nassistant: {STEM}", STEM, True),
        (f"{STEM} ", STEM, True),
        ("user: What lies beneath?\nassistant:", STEM, False),
        ("Question: What lies beneath?\nAnswer:", None, False),
        ("anything", " ", False),
    ],
)
def test_a_rank_is_alarming_only_where_the_answer_comes_next(
    prompt: str, stem: str | None, tells: bool
) -> None:
    row = row_of(prompt, stem=stem)
    assert row.scored.after_stem == tells
    assert ("wrong" in ranks(row)) == tells
    lines = [
        *pair_lines(row.reference, row.variant, 80, roomy=True, after_stem=tells)[1],
        *xray_lines(row, ("dense", "pruned"), 120),
    ]
    told = [text for line in lines for text, _ in line if text == NO_STEM]
    assert len(told) == (0 if tells else 2)


def test_borrowed_options_are_marked_on_the_screen_and_in_the_report() -> None:
    def text(row: Row) -> str:
        lines = [*question_lines(row.scored, 110, 2), *xray_lines(row, ("dense", "pruned"), 110)]
        return "\n".join("".join(text for text, _ in line) for line in lines)

    assert "borrowed" not in text(row_of(""))
    shown = text(row_of("", borrowed=True))
    assert "gold   Atlantis   borrowed options" in shown
    assert "Options, borrowed from other items' answers" in shown

    def report(*items: Item) -> str:
        scored = [scored_item(one, make_score(one, "Ys"), make_score(one, "Ys")) for one in items]
        return render_text(full_summary(make_run(scored)))

    own, lent = (row_of("", borrowed=borrowed).item for borrowed in (False, True))
    lent = msgspec.structs.replace(lent, id="lent")
    none = msgspec.structs.replace(own, id="none", options=())
    assert "other items' answers" not in report(own, none)
    assert "the options of 1 item are other items' answers" in report(own, lent)
    assert "1 have none" in report(own, lent, none)


def test_a_run_goes_on_with_the_options_that_it_borrowed(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("question,gold\n" + "".join(f"Who was number {n}?,King {n}\n" for n in "ABCDE"))
    items = read_items(str(path))
    assert all(item.distractors for item in items.items)
    older = item_set(
        tuple(
            msgspec.structs.replace(item, options=(item.gold, "King Z"), distractors="as of old")
            for item in items.items
        ),
        items.source,
        None,
    )
    run = tmp_path / "run"
    assert with_saved_options(items, run) is items
    begin(older, run)
    assert with_saved_options(items, run).items == older.items
    assert with_saved_options(items, run).hash == older.hash
    # Where anything else is another, they are other items, and the run is refused.
    path.write_text(path.read_text().replace("King E", "King F"))
    other = read_items(str(path))
    assert with_saved_options(other, run) is other
    with pytest.raises(UserError, match="other items"):
        begin(other, run)


def begin(items: ItemSet, directory: Path) -> None:
    """Begin a run of some items, or go on with it."""
    record = ItemsRecord(source=items.source, hash=items.hash, count=len(items.items))
    manifest = msgspec.structs.replace(make_manifest(list(items.items)), items=record)
    RunLog.open(directory, manifest, items.items).close()


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("limit", [None, 3])
def test_every_reader_keeps_the_order_of_the_file(
    tmp_path: Path, suffix: str, limit: int | None
) -> None:
    import polars as pl

    rows = [
        {"question": f"{word * (7 - n)} {n}?", "gold": f"{word}{n}", "language": tag}
        for n in range(6)
        for tag, word in (("es", "zeta"), ("en", "alpha"), ("zh-Hans", "京"))
    ]
    path = tmp_path / f"own{suffix}"
    frame = pl.DataFrame(rows)
    if suffix == ".csv":
        frame.write_csv(path)
    elif suffix == ".jsonl":
        frame.write_ndjson(path)
    else:
        frame.write_parquet(path)
    wanted = (
        [row for row in rows if row["question"].endswith(("0?", "1?", "2?"))] if limit else rows
    )
    read = read_items(str(path), limit=limit).items
    assert [item.question for item in read] == [row["question"] for row in wanted]
    some = read_items(str(path), languages=["zh", "es"], limit=limit).items
    chosen = [row["question"] for row in wanted if row["language"] != "en"]
    assert [item.question for item in some] == chosen


def test_a_run_that_goes_on_tells_its_items_in_the_order_of_the_file(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    path = tmp_path / "own.csv"
    words = ("one", "seven eight nine ten " * 4, "two", "three four five " * 3, "six")
    path.write_text(
        "id,question,gold,options\n"
        + "".join(f"{n},What is {word}?,g{n},g{n} | other\n" for n, word in enumerate(words))
    )
    settings = tiny_settings(checkpoint, items=str(path), languages=(), limit=None)
    start = StartRun(id="run", settings=settings, directory=str(tmp_path / "run"))
    engine.send(start)
    engine.ended("run")
    told = [e.scored.item.id for e in engine.of(ItemPreviewed) if isinstance(e, ItemPreviewed)]
    assert list(dict.fromkeys(told)) == list("01234")
    scored = [e.scored.item.id for e in engine.of(ItemScored) if isinstance(e, ItemScored)]
    assert sorted(scored) == list("01234")
    assert scored != sorted(scored), "they are scored by length"
    engine.seen.clear()
    engine.send(start)
    engine.until(RunFinished)
    again = [e.scored.item.id for e in engine.of(ItemScored) if isinstance(e, ItemScored)]
    assert again == list("01234")

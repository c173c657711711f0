"""Accuracies over sparsity: which variants are a curve, and how it is drawn."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from engine.analysis.curves import axis, curves, end_places, series
from engine.analysis.proportions import wilson
from engine.analysis.variants import VariantFigures, variant_table
from engine.reports.charts import FRAME
from engine.reports.export import export
from tests.runs_helpers import make_item, make_run, make_score, one_of_each, scored_item
from tests.variant_fixtures import GRADED, graded_run
from tui.drawing.curve_lines import curve_lines
from tui.drawing.lines import width_of

SVG = re.compile(r"<figure><figcaption>(.*?)</figcaption>\n(<svg .*?</svg>)", re.S)


def row(name: str, sparsity: float | None, right: int = 5) -> VariantFigures:
    return VariantFigures(
        name=name,
        label=name,
        achieved_sparsity=sparsity,
        open=wilson(right, 10),
        shown=None,
        choice=wilson(9, 10),
        gap=(9 - right) / 10,
        gap_n=10,
        mean_kl_vocabulary=None,
        median_gold_rank=None,
    )


def names(*rows: VariantFigures) -> dict[str, list[str]]:
    return {curve.method: [point.name for point in curve.points] for curve in curves(rows)}


def test_a_method_at_several_sparsities_is_a_curve_from_the_dense_model_on() -> None:
    rows = (
        row("dense", 0.0),
        row("wanda:0.5", 0.5),
        row("wanda:0.3", 0.3),
        row("magnitude:0.4", 0.4),
        row("wanda:0.5+owl", 0.5),
        row("wanda:2:4", 0.5),
        row("rtn:4", 0.01),
        row("checkpoint:some/where", 0.5),
    )
    assert names(*rows) == {
        "wanda": ["dense", "wanda:0.3", "wanda:0.5"],
        "magnitude": ["dense", "magnitude:0.4"],
        "wanda +owl": ["dense", "wanda:0.5+owl"],
        "wanda N:M": ["dense", "wanda:2:4"],
    }


def test_without_several_sparsities_of_a_method_there_is_no_curve() -> None:
    dense = row("dense", 0.0)
    assert names(dense, row("wanda:0.45", 0.45)) == {}
    assert names(dense, row("wanda:0.45", 0.45), row("sparsegpt:0.45", 0.45)) == {}
    assert names(dense, row("wanda:0.45", 0.45), row("wanda:0.5", None)) == {}


def test_against_another_recipe_a_curve_begins_at_the_lowest_sparsity() -> None:
    found = names(row("wanda:0.3", 0.3), row("wanda:0.5", 0.5), row("magnitude:0.5", 0.5))
    assert found == {"wanda": ["wanda:0.3", "wanda:0.5"]}


def test_labels_keep_their_distance_and_their_order() -> None:
    assert end_places([0.9, 0.5, 0.1], 0.1) == [0.9, 0.5, 0.1]
    assert end_places([0.9, 0.9, 0.9], 0.1) == pytest.approx([0.9, 0.8, 0.7])
    assert end_places([0.02, 0.0, 0.0], 0.1) == pytest.approx([0.2, 0.1, 0.0])
    assert end_places([0.1, 0.5, 0.52], 0.1) == pytest.approx([0.1, 0.42, 0.52])


@pytest.mark.parametrize(
    ("most", "step", "end"),
    [(0.5, 0.1, 0.5), (0.501, 0.1, 0.5), (0.45, 0.1, 0.5), (0.7, 0.2, 0.8), (0.03, 0.1, 0.1)],
)
def test_the_axis_ends_at_a_whole_step(most: float, step: float, end: float) -> None:
    assert axis(most) == pytest.approx((step, end))


@pytest.mark.parametrize("width", [36, 75, 115, 195])
def test_the_plot_shows_every_point_and_names_every_line_without_colour(width: int) -> None:
    drawn = curves(variant_table(graded_run()).rows)
    lines = curve_lines(drawn, width)
    assert all(width_of(line) <= width for line in lines)
    texts = ["".join(text for text, _ in line) for line in lines]
    note = next(number for number, text in enumerate(texts) if text.startswith("c choice"))
    body = "\n".join(texts[1:note])
    assert [name for name in ("wanda", "sparsegpt") if name in body] == ["wanda", "sparsegpt"]
    for name in ("choice", "shown", "open"):
        assert body.count(name) == 2
    # Points of the open answers, as far as no other point lies over them.
    without_labels = body.replace("choice", "").replace("shown", "").replace("open", "")
    assert without_labels.count("o") >= 4


def test_there_is_no_empty_plot() -> None:
    assert curve_lines((), 80) == []
    assert curves(variant_table(make_run(one_of_each())).rows) == ()


def test_the_page_has_a_figure_for_each_method_that_says_what_the_table_says(
    tmp_path: Path,
) -> None:
    run = graded_run(hostile=False)
    export(run, tmp_path / "run.html")
    page = (tmp_path / "run.html").read_text("utf-8")
    assert " style=" not in page
    drawn = curves(variant_table(run).rows)
    figures = SVG.findall(page)
    assert (
        [name for name, _ in figures] == [curve.method for curve in drawn] == ["wanda", "sparsegpt"]
    )
    for curve, (_, svg) in zip(drawn, figures, strict=True):
        root = ElementTree.fromstring(svg)
        for measure in ("open", "shown", "choice"):
            group = next(g for g in root if g.get("class") == measure)
            line = group.find("polyline")
            assert line is not None
            points = [tuple(map(float, at.split(","))) for at in line.attrib["points"].split()]
            for (x, y), (sparsity, share) in zip(points, series(curve, measure), strict=True):
                across = (x - FRAME.left) / (FRAME.right - FRAME.left) * 0.5
                up = (FRAME.bottom - y) / (FRAME.bottom - FRAME.top)
                assert across == pytest.approx(sparsity, abs=1e-3)
                assert up == pytest.approx(share, abs=1e-3)
            label = group.find("text")
            assert label is not None
            assert label.text == measure
        assert f"{curve.points[-1].label}, open: " in root.attrib["aria-label"]


def test_a_run_without_choices_has_no_figure(tmp_path: Path) -> None:
    item = make_item("one", options=())
    scored = [scored_item(item, make_score(item, "Paris"), make_score(item, "Rome"))]
    export(make_run(scored), tmp_path / "run.html")
    page = (tmp_path / "run.html").read_text("utf-8")
    assert "<svg" not in page
    assert ".charts" not in page


def test_markdown_has_the_curves_as_a_table(tmp_path: Path) -> None:
    export(graded_run(40, hostile=False), tmp_path / "run.md")
    text = (tmp_path / "run.md").read_text("utf-8")
    section = text[text.index("## Accuracy over sparsity") : text.index("## Between")]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    first = [line.split("|")[1].strip() for line in rows]
    assert first == ["wanda", "", "", "", "sparsegpt", "", ""]
    assert len(rows) == len(GRADED) + 2
    assert rows[3].startswith("|  | 50 % | 25 % |")


def test_a_single_variant_is_drawn_beside_the_dense_model(tmp_path: Path) -> None:
    export(make_run(one_of_each()), tmp_path / "run.html")
    [(title, svg)] = SVG.findall((tmp_path / "run.html").read_text(encoding="utf-8"))
    assert title == "dense → wanda 45 %"
    drawing = ElementTree.fromstring(svg)
    lines = {line.get("class"): line.get("points") for line in drawing.iter("polyline")}
    assert lines.keys() == {"line choice", "line open"}
    texts = [text.text for text in drawing.iter("text")]
    assert {"dense", "wanda 45 %", "choice", "open"} <= set(texts)
    assert "sparsity" not in texts
    opened = [float(point.split(",")[1]) for point in (lines["line open"] or "").split()]
    # Open answers fall from 3 to 2 of 5: higher up is a lower number.
    assert opened[1] - opened[0] == pytest.approx(0.2 * (FRAME.bottom - FRAME.top), abs=0.2)
    assert "40 % of 5" in svg

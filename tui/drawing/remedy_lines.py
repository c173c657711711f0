"""What the search for remedies has found: pure functions from records to lines."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from engine.methods.recipes import parse_recipe
from engine.records.errors import UserError
from engine.records.remedies import DecodingRow, RemedyReport, RemedyRow, TaskFigures, Trial
from engine.reports.figures import p_value_text
from engine.reports.remedies import (
    CHOSEN,
    PERPLEXITY,
    notes,
    ordered,
    percent,
    perplexity_text,
    price_note,
    sentence,
)
from engine.text import displayable, truncated
from tui.drawing.lines import Line, wrap
from tui.drawing.marks import bar

BAR = 16
GAP = 2
LABEL = 34
FIGURES = 37
"""Cells of a row's figures, without a bar and a perplexity."""
MEASURED = 7
"""Cells of a perplexity."""

BEFORE = (
    "What would bring these answers back at the same sparsity? The search changes one thing of the "
    "recipe after another: method, sparsity per block, calibration text. It chooses on one half of "
    "the items, and proves what it chose on the other half and on another task."
)


def remedy_lines(
    report: RemedyReport | None, trials: Sequence[Trial], stage: str, failure: str, width: int
) -> list[Line]:
    """The tables of a search that is over, or how far one has come, or what it would do."""
    lines: list[Line] = []
    if failure:
        lines += [*wrap([(displayable(failure), "wrong")], width), []]
    if report is not None:
        return lines + _report_lines(report, width)
    if not trials and not stage:
        return lines + wrap([(BEFORE, "")], width) + [[], [("enter", "key"), (" begins", "dim")]]
    lines += [[("On the half that is chosen on", "heading")]]
    lines += [_trial_line(trial, width) for trial in trials]
    if stage:
        lines += [[], [(truncated(displayable(stage), width), "dim")]]
    return lines


def _trial_line(trial: Trial, width: int) -> Line:
    label = truncated(displayable(_label(trial.recipe)), min(LABEL, width // 2))
    padding = " " * (min(LABEL, width // 2) - cell_len(label) + GAP)
    line: Line = [(label + padding, ""), (f"open {trial.open_right:>3} of {trial.n}  ", "")]
    if width >= LABEL + BAR + 40:
        line.append((bar(trial.open_right / trial.n, BAR), "bar"))
        line.append(("  ", ""))
    return [*line, (f"choice {trial.choice_right:>3} of {trial.n}", "dim")]


def _label(recipe: str) -> str:
    try:
        return parse_recipe(recipe).label
    except UserError:
        return recipe


def _report_lines(report: RemedyReport, width: int) -> list[Line]:
    rows = (report.dense, report.variant, *ordered(report))
    lines: list[Line] = wrap([(displayable(sentence(report)), "title")], width)
    title = f"Held-out half, {report.held_out} items"
    lines += [[], [(title, "heading")], *_table(rows, report, width, control=False)]
    if report.control is not None:
        other = f"Another task: {displayable(report.control)}"
        lines += [[], [(other, "heading")], *_table(rows, report, width, control=True)]
    if report.priced:
        lines += [[], [("At a price: some blocks left dense, on the held-out half", "heading")]]
        lines += _table(report.priced, report, width, control=False)
        lines += wrap([(price_note(report), "dim")], width)
    if report.decodings:
        lines += [[], [(f"Other decodings, {title[0].lower()}{title[1:]}", "heading")]]
        lines += _decodings(report.decodings, width)
    lines.append([])
    for note in notes(report):
        lines += wrap([(displayable(note), "dim")], width)
    return lines


def _table(
    rows: Sequence[RemedyRow], report: RemedyReport, width: int, *, control: bool
) -> list[Line]:
    measured = report.text is not None and not control
    cells = FIGURES + (GAP + MEASURED) * measured
    label = min(max(cell_len(row.label) for row in rows) + 2, max(width - cells, 20))
    wide = width >= label + cells + BAR + GAP
    heading = " " * (label + GAP) + f"{'open':>5}"
    if wide:
        heading += " " * (GAP + BAR)
    heading += f"  {'choice':>6}" + f"  {PERPLEXITY:>{MEASURED}}" * measured
    lines: list[Line] = [[(f"{heading}  {'back':>4}  {'broken':>6}  p", "dim")]]
    for row in rows:
        figures = row.control if control else row.held_out
        if figures is None:
            continue
        chosen = row.recipe == report.best.recipe
        mark = CHOSEN if chosen else "= " if row.role == "baseline" else "  "
        text = truncated(f"{mark}{displayable(row.label)}", label)
        paint = "title" if chosen else "dim" if row.role == "baseline" else ""
        line: Line = [(text + " " * (label - cell_len(text) + GAP), paint)]
        perplexity = perplexity_text(row) if measured else ""
        compared = row.role not in ("dense", "variant")
        line += _figures(figures, perplexity, wide=wide, compared=compared)
        lines.append(line)
    return lines


def _decodings(rows: Sequence[DecodingRow], width: int) -> list[Line]:
    names = [f"  {displayable(row.label)}, {displayable(row.decoding)}" for row in rows]
    label = min(max(map(cell_len, names)), max(width - 38, 20))
    heading = " " * (label + GAP) + f"{'open':>5}  {'back':>4}  {'broken':>6}  read  generated"
    lines: list[Line] = [[(heading, "dim")]]
    for name, row in zip(names, rows, strict=True):
        text = truncated(name, label)
        figures = f"{percent(row.open_accuracy):>5}  {row.brought_back:>4}  {row.newly_broken:>6}"
        padding = " " * (label - cell_len(text) + GAP)
        read = "–" if row.prompt_tokens is None else f"{row.prompt_tokens:.0f}"
        cost = f"  {read:>4}  {row.tokens:>9.0f}"
        lines.append([(text + padding, ""), (figures, ""), (cost, "dim")])
    return lines


def _figures(figures: TaskFigures, perplexity: str, *, wide: bool, compared: bool) -> Line:
    line: Line = [(f"{percent(figures.open_accuracy):>5}", "")]
    if wide:
        drawn = bar(figures.open_accuracy or 0.0, BAR)
        line.append((" " * GAP + drawn + " " * (BAR - cell_len(drawn)), "bar"))
    line.append((f"  {percent(figures.choice_accuracy):>6}", ""))
    if perplexity:
        line.append((f"  {perplexity:>{MEASURED}}", ""))
    if compared:
        line.append((f"  {figures.brought_back:>4}  {figures.newly_broken:>6}", ""))
        line.append((f"  {p_value_text(figures.p_value)}", "dim"))
    return line

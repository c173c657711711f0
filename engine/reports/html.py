"""A report as one HTML file that needs nothing from outside."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files
from typing import Any

import polars as pl

from engine.analysis.outcomes import REPORT_ORDER
from engine.records.scores import Answer
from engine.reports.figures import Section, Table
from engine.reports.markdown import items_title, mark
from engine.reports.report import full_summary, sections
from engine.runs.reading import Run
from engine.text import displayable

_COLUMNS = {
    "language": "6%",
    "question": "16%",
    "gold": "10%",
    "dense": "18%",
    "pruned": "18%",
    "outcome": "10%",
    "choice": "6%",
    "rank": "7%",
    "p(gold)": "9%",
}


def to_html(run: Run, frame: pl.DataFrame) -> bytes:
    """The report of the run and the items of `frame`, to be filtered and sorted in the browser.

    All text is escaped; beyond that the page's own policy lets no script run but ours, by its hash,
    and loads nothing.
    """
    style = files("engine.reports").joinpath("report.css").read_text(encoding="utf-8")
    script = files("engine.reports").joinpath("report.js").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    head, *rest = sections(full_summary(run))
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(head.title)}</title>\n<style>{style}</style>\n</head>\n<body>",
        f"<h1>{_text(head.title)}</h1>",
        *(f"<p>{_text(line)}</p>" for line in head.lines),
        *map(_section, rest),
        f"<h2>{_text(items_title(run, frame))}</h2>",
        _tools(frame),
        _items(run, frame),
        f"<script>{script}</script>\n</body>\n</html>\n",
    ]
    return "\n".join(parts).encode()


def _hash(content: str) -> str:
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _text(text: str) -> str:
    """Escaped, lines kept, everything else that can't be seen made visible."""
    return "\n".join(escape(displayable(line)) for line in text.split("\n"))


def _section(section: Section) -> str:
    lines = "".join(f"<li>{_text(line)}</li>" for line in section.lines)
    return (
        f"<section>\n<h2>{_text(section.title)}</h2>\n{_table(section.table)}"
        f'<ul class="lines">{lines}</ul>\n</section>'
    )


def _table(table: Table | None) -> str:
    if table is None:
        return ""
    header = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in table.header)
    rows = "\n".join(
        "<tr>" + "".join(f'<td dir="auto">{_text(cell)}</td>' for cell in row) + "</tr>"
        for row in table.rows
    )
    return (
        f'<div class="scroll"><table class="report">\n<thead><tr>{header}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table></div>\n"
    )


def _tools(frame: pl.DataFrame) -> str:
    counts = frame["outcome"].value_counts().rows()
    count = {name: number for name, number in counts if name is not None}
    buttons = [("", f"all {frame.height}", "true")]
    buttons += [(name, f"{name} {count.get(name, 0)}", "false") for name in REPORT_ORDER]
    rendered = "".join(
        f'<button type="button" data-outcome-button="{name}" aria-pressed="{pressed}">'
        f"{label}</button>"
        for name, label, pressed in buttons
    )
    return (
        f'<div class="tools">{rendered}<input id="search" type="search" '
        'aria-label="Filter the items" placeholder="Filter: every word must be in the row">'
        '<span id="shown" role="status"></span></div>'
    )


def _items(run: Run, frame: pl.DataFrame) -> str:
    widths = "".join(f'<col width="{width}">' for width in _COLUMNS.values())
    header = "".join(
        f'<th scope="col"><button type="button">{name}</button></th>' for name in _COLUMNS
    )
    rows = "\n".join(_item(run, row) for row in frame.iter_rows(named=True))
    return (
        f'<div class="scroll"><table id="items">\n<colgroup>{widths}</colgroup>\n'
        f"<thead><tr>{header}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def _item(run: Run, row: dict[str, Any]) -> str:
    scores = run.scored[row["item_id"]].scores
    dense = scores.get(run.manifest.settings.against)
    pruned = scores.get(row["variant"])
    outcome = row["outcome"] or ""
    choices = row["dense_choice_correct"], row["pruned_choice_correct"]
    cells = [
        _cell(_text(row["language"])),
        _cell(f'<div class="text" dir="auto">{_text(row["question"])}</div>'),
        _cell(f'<div class="text" dir="auto">{_text(row["gold"])}</div>'),
        _cell(_answer(dense.open if dense else None)),
        _cell(_answer(pruned.open if pruned else None)),
        _cell(f'<span class="{outcome}">{outcome or "–"}</span>', outcome),
        _cell(" → ".join(map(_mark, choices)), "".join(map(_order, choices))),
        _pair(row, "gold_rank", ",d"),
        _pair(row, "gold_probability", ".3f"),
    ]
    return f'<tr data-outcome="{outcome}">{"".join(cells)}</tr>'


def _cell(content: str, key: str | None = None) -> str:
    data = "" if key is None else f' data-key="{escape(key)}"'
    return f'<td dir="auto"{data}>{content}</td>'


def _pair(row: dict[str, Any], name: str, form: str) -> str:
    """Dense → pruned; sorted by the pruned value."""
    values = row[f"dense_{name}"], row[f"pruned_{name}"]
    shown = " → ".join("–" if value is None else format(value, form) for value in values)
    return _cell(shown, "" if values[1] is None else repr(values[1]))


def _mark(correct: bool | None) -> str:
    kind = "" if correct is None else "right" if correct else "wrong"
    return f'<span class="{kind}">{mark(correct)}</span>'


def _order(correct: bool | None) -> str:
    return {True: "0", False: "1", None: "2"}[correct]


def _answer(answer: Answer | None) -> str:
    """The verdict, the text with what was matched marked, and why it was judged so."""
    if answer is None:
        return "–"
    judgement, text = answer.judgement, answer.text
    body = _text(text)
    if judgement.start is not None and judgement.end is not None:
        start, end = judgement.start, judgement.end
        body = f"{_text(text[:start])}<mark>{_text(text[start:end])}</mark>{_text(text[end:])}"
    return (
        f'<div class="text" dir="auto">{_mark(judgement.correct)} {body}</div>'
        f'<div class="why" dir="auto">{_text(judgement.explanation)}</div>'
    )

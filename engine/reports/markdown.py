"""A report in Markdown, the items in a table at its end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from engine.analysis.outcomes import OVERRULED_MARK, verdict_mark
from engine.analysis.summary import label_of
from engine.reports.figures import Section, Table, written_items
from engine.reports.noted import noted_text
from engine.reports.report import written_report
from engine.runs.reading import Run
from engine.text import displayable

SIDES = ("dense", "pruned")

LONGEST = 300
"""A longer text is cut, and says so: the other formats have it whole."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!$&])")
_HEADER = (
    "language",
    "question",
    "gold",
    "outcome",
    "dense",
    "pruned",
    "choice",
    "rank",
    "p(gold)",
)


def to_markdown(run: Run, frame: pl.DataFrame) -> bytes:
    """The report of the run and the items of `frame`, as GitHub-flavoured Markdown."""
    return report(run, items_title(run, frame), _items(frame), texts=6)


def report(run: Run, title: str, items: Table, *, texts: int) -> bytes:
    """The report of a run with its items under a title; their first columns are text."""
    head, *rest = written_report(run)
    blocks = [f"# {escaped(head.title)}", *map(escaped, head.lines)]
    for section in rest:
        blocks += _section(section)
    blocks += [f"## {escaped(title)}", _table(items, texts=texts)]
    return ("\n\n".join(blocks) + "\n").encode()


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line; a line break in it is shown as ␊."""
    return _SPECIAL.sub(r"\\\1", displayable(text.replace("\n", "␊")))


def items_title(run: Run, frame: pl.DataFrame) -> str:
    """The heading of the items of a variant, which a filter may have chosen."""
    count = written_items(run, frame.height)
    if len(run.manifest.settings.recipes) == 1 or frame.is_empty():
        return count
    return f"{count} under {label_of(run, frame['variant'][0])}"


def _section(section: Section) -> list[str]:
    table = [_table(section.table)] if section.table else []
    lines = ["\n".join(f"- {escaped(line)}" for line in section.lines)] if section.lines else []
    return [f"## {escaped(section.title)}", *table, *lines]


def _table(table: Table, *, texts: int = 1) -> str:
    """The first columns, as many as are text, flush left; the others flush right."""
    alignment = ("---:" if number >= texts else "---" for number in range(len(table.header)))
    rows = (tuple(map(escaped, row)) for row in table.rows)
    header = tuple(map(escaped, table.header))
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, alignment, *rows))


def _items(frame: pl.DataFrame) -> Table:
    rows = []
    for row in frame.iter_rows(named=True):
        rows.append(
            (
                row["language"],
                question_text(row),
                shortened(row["gold"]),
                row["outcome"] or "–",
                *(
                    answer_text(
                        row[f"{side}_answer"],
                        row[f"{side}_answer_correct"],
                        overruled=row[f"{side}_overruled"] is True,
                    )
                    for side in SIDES
                ),
                " → ".join(verdict_mark(row[f"{side}_choice_correct"]) for side in SIDES),
                f"{_whole(row['dense_gold_rank'])} → {_whole(row['pruned_gold_rank'])}",
                f"{_probability(row['dense_gold_probability'])} → "
                f"{_probability(row['pruned_gold_probability'])}",
            )
        )
    return Table(_HEADER, tuple(rows))


def question_text(row: Mapping[str, Any]) -> str:
    """The question of a row, and after it what a person noted of the item."""
    return " ".join(filter(None, (shortened(row["question"]), shortened(noted_text(row)))))


def answer_text(text: str | None, correct: bool | None, *, overruled: bool = False) -> str:
    """A generated answer with its verdict, marked where that was corrected by hand."""
    if text is None:
        return "–"
    mark = f"{verdict_mark(correct)}{OVERRULED_MARK if overruled else ''}"
    return f"{mark} {shortened(text.strip())}"


def shortened(text: str) -> str:
    """A text, cut where it is longer than `LONGEST`."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… ({len(text):,} characters)"


def _whole(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _probability(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"

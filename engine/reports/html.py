"""A report as one HTML file that needs nothing from outside."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any, Literal, NamedTuple

import polars as pl

from engine.analysis.outcomes import ABSENT, verdict_mark
from engine.analysis.summary import count_outcomes
from engine.records.scores import Answer
from engine.reports.charts import FRAME, changes, charts
from engine.reports.markdown import items_title
from engine.reports.noted import noted_text
from engine.reports.report import written_report
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
_ORDER = {True: "0", False: "1", None: "2"}


class MarkedAnswer(NamedTuple):
    """An answer in three parts: what was matched with the gold answer, and what is around it."""

    correct: bool | None
    before: str
    match: str | None
    after: str
    explanation: str


class _Change(NamedTuple):
    """A value before and after; `key` is what it is sorted by."""

    text: str
    key: str


class _Item(NamedTuple):
    language: str
    question: str
    noted: str
    gold: str
    outcome: str
    dense: MarkedAnswer | None
    pruned: MarkedAnswer | None
    choices: tuple[bool | None, bool | None]
    choice_key: str
    rank: _Change
    probability: _Change


def to_html(run: Run, frame: pl.DataFrame) -> bytes:
    """The report of the run and the items of `frame`, to be filtered and sorted in the browser."""
    return page(
        run,
        title=items_title(run, frame),
        outcomes=count_outcomes(frame),
        columns=_COLUMNS,
        items=[_item(run, row) for row in frame.iter_rows(named=True)],
        row="pair",
    )


def page(
    run: Run,
    *,
    title: str,
    outcomes: dict[str, int],
    columns: dict[str, str],
    items: Sequence[Any],
    row: Literal["pair", "variant"],
) -> bytes:
    """The report of a run with its items.

    All text is escaped; beyond that the page's own policy lets no script run but ours, by its hash,
    and loads nothing.

    Args:
        run: as it is read.
        title: heading of the items.
        outcomes: how many of their rows there are.
        columns: title and width.
        items: a record per row.
        row: which of the template's rows the records are for.
    """
    head, *rest = written_report(run)
    style, script = _file("report.css"), _file("report.js")
    if any(section.pictured for section in rest):
        style += _file("charts.css")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return _render(
        policy=policy,
        style=style,
        script=script,
        head=head,
        sections=rest,
        items_title=title,
        outcomes=outcomes,
        columns=columns,
        items=items,
        row=row,
    ).encode()


def _render(**values: Any) -> str:
    """Fill in the template; every value is made displayable and escaped by default."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    def finalize(value: Any) -> Markup:
        if isinstance(value, Markup):
            return value
        return Markup("\n".join(escape(displayable(line)) for line in str(value).split("\n")))

    environment = Environment(
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        verdict_mark=verdict_mark, charts=charts, changes=changes, frame=FRAME
    )
    return environment.from_string(_file("report.html.jinja")).render(values)


def _file(name: str) -> str:
    return files("engine.reports").joinpath(name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _item(run: Run, row: dict[str, Any]) -> _Item:
    scores = run.scored[row["item_id"]].scores
    dense = scores.get(run.manifest.settings.against)
    pruned = scores.get(row["variant"])
    choices = row["dense_choice_correct"], row["pruned_choice_correct"]
    return _Item(
        language=row["language"],
        question=row["question"],
        noted=noted_text(row),
        gold=row["gold"],
        outcome=row["outcome"] or "",
        dense=marked_answer(dense.open if dense else None),
        pruned=marked_answer(pruned.open if pruned else None),
        choices=choices,
        choice_key="".join(_ORDER[correct] for correct in choices),
        rank=_change(row, "gold_rank", ",d"),
        probability=_change(row, "gold_probability", ".3f"),
    )


def _change(row: dict[str, Any], name: str, form: str) -> _Change:
    """Dense → pruned, sorted by the pruned value."""
    values = row[f"dense_{name}"], row[f"pruned_{name}"]
    texts = (ABSENT if value is None else format(value, form) for value in values)
    return _Change(" → ".join(texts), "" if values[1] is None else repr(values[1]))


def marked_answer(answer: Answer | None) -> MarkedAnswer | None:
    """An answer, cut around what was matched."""
    if answer is None:
        return None
    judgement, text = answer.judgement, answer.text
    before, match, after = text, None, ""
    if judgement.start is not None and judgement.end is not None:
        start, end = judgement.start, judgement.end
        before, match, after = text[:start], text[start:end], text[end:]
    return MarkedAnswer(judgement.correct, before, match, after, answer.explanation)

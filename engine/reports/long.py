"""A run's items under all variants, written with a row per item and variant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
import polars as pl

from engine.analysis.metrics.gold import rank_text
from engine.analysis.outcomes import ABSENT, verdict_mark
from engine.analysis.recovery_text import recovery_summary
from engine.analysis.summary import count_outcomes, label_of
from engine.records.annotations import NOTHING
from engine.records.hypotheses import Redecode
from engine.records.scores import Score
from engine.reports.figures import Table, written_items
from engine.reports.html import MarkedAnswer, marked_answer, page
from engine.reports.markdown import answer_text, question_text, report, shortened
from engine.reports.noted import noted_text
from engine.runs.reading import Run

_COLUMNS = {
    "language": "5%",
    "question": "13%",
    "gold": "8%",
    "variant": "8%",
    "outcome": "9%",
    "open": "18%",
    "shown": "13%",
    "choice": "7%",
    "rank": "5%",
    "p(gold)": "5%",
    "KL": "4%",
    "brought back by": "5%",
}
_TEXTS = 7
"""So many of them are text."""


class LongRow(NamedTuple):
    """An item under one variant, as pages show it; a key is what a column is sorted by."""

    language: str
    question: str
    noted: str
    gold: str
    variant: str
    outcome: str
    open: MarkedAnswer | None
    shown: MarkedAnswer | None
    choice: bool | None
    choice_text: str
    rank: str
    rank_key: str
    probability: str
    divergence: str
    back: str


def to_long_jsonl(run: Run, rows: pl.DataFrame) -> bytes:
    """One object a line: the row, then the item, its prompt, the score and the re-decodes."""
    redecodes = _by_item_and_variant(run.redecodes)
    lines = []
    for row in rows.iter_rows(named=True):
        scored = run.scored[row["item_id"]]
        detail: dict[str, Any] = {
            **row,
            "prompt": scored.prompt,
            "notes": scored.notes,
            "item": scored.item,
            "score": scored.scores.get(row["variant"], Score()),
            "redecodes": redecodes[row["item_id"], row["variant"]],
        }
        if run.annotations:
            detail["annotation"] = run.annotations.get(row["item_id"], NOTHING)
        lines.append(msgspec.json.encode(detail) + b"\n")
    return b"".join(lines)


def to_long_markdown(run: Run, rows: pl.DataFrame) -> bytes:
    """The report of the run, then a line for each item under each variant."""
    cells = tuple(
        (
            row.language,
            question_text(values),
            shortened(row.gold),
            row.variant,
            row.outcome or ABSENT,
            answer_text(
                values["answer"], values["answer_correct"], overruled=values["overruled"] is True
            ),
            answer_text(values["shown_answer"], values["shown_correct"]),
            row.choice_text,
            row.rank,
            row.probability,
            row.divergence,
            row.back or ABSENT,
        )
        for values, row in zip(rows.iter_rows(named=True), _rows(run, rows), strict=True)
    )
    return report(run, _title(run, rows), Table(tuple(_COLUMNS), cells), texts=_TEXTS)


def to_long_html(run: Run, rows: pl.DataFrame) -> bytes:
    """The report of the run and a row for each item under each variant, to be filtered."""
    return page(
        run,
        title=_title(run, rows),
        outcomes=count_outcomes(rows),
        columns=_COLUMNS,
        items=list(_rows(run, rows)),
        row="variant",
    )


def _title(run: Run, rows: pl.DataFrame) -> str:
    items = written_items(run, rows["item_id"].n_unique())
    return f"{items} under {len(run.manifest.settings.variants)} variants"


def _rows(run: Run, rows: pl.DataFrame) -> Iterator[LongRow]:
    redecodes = _by_item_and_variant(run.redecodes)
    for row in rows.iter_rows(named=True):
        score = run.scored[row["item_id"]].scores.get(row["variant"], Score())
        rank, probability = row["gold_rank"], row["choice_probability"]
        back = filter(None, map(recovery_summary, redecodes[row["item_id"], row["variant"]]))
        choice = verdict_mark(row["choice_correct"])
        yield LongRow(
            language=row["language"],
            question=row["question"],
            noted=noted_text(row),
            gold=row["gold"],
            variant=label_of(run, row["variant"]),
            outcome=row["outcome"] or "",
            open=marked_answer(score.open),
            shown=marked_answer(score.shown),
            choice=row["choice_correct"],
            choice_text=choice if probability is None else f"{choice} {probability:.3f}",
            rank=ABSENT if rank is None else rank_text(rank),
            rank_key="" if rank is None else str(rank),
            probability=_number(row["gold_probability"], ".3f"),
            divergence=_number(row["kl_vocabulary"], ".2f"),
            back=", ".join(back),
        )


def _number(value: float | None, form: str) -> str:
    return ABSENT if value is None else format(value, form)


def _by_item_and_variant(
    redecodes: Iterable[Redecode],
) -> dict[tuple[str, str], list[Redecode]]:
    """Re-decodes in an order that doesn't depend on when they were made."""
    grouped: dict[tuple[str, str], list[Redecode]] = defaultdict(list)
    for redecode in sorted(redecodes, key=lambda each: msgspec.json.encode(each.decoding)):
        grouped[redecode.item_id, redecode.variant].append(redecode)
    return grouped

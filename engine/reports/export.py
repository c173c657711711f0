"""A run written for other programs and for people, in the format that the file's name asks for.

Parquet and JSON Lines hold text as the model and the data set gave it. CSV is opened in
spreadsheets and printed in terminals: there it is made harmless, unless it is asked for raw
(`engine.reports.spreadsheets`). The same run always gives the same bytes.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from engine.analysis.filters import parse_filter
from engine.analysis.frame import resolve_variant, run_frame
from engine.analysis.long import long_frame
from engine.files import write_atomically
from engine.records.annotations import NOTHING
from engine.records.errors import UserError
from engine.records.hypotheses import Redecode
from engine.records.instruments.instrument import Finding
from engine.reports.html import to_html
from engine.reports.long import to_long_html, to_long_jsonl, to_long_markdown
from engine.reports.markdown import to_markdown
from engine.reports.spreadsheets import harmless_cells
from engine.runs.reading import Run


def export(
    run: Run,
    path: Path,
    *,
    variant: str | None = None,
    filter_text: str | None = None,
    long: bool = False,
    raw: bool = False,
) -> int:
    """Write the items of a run under one variant (None: the first recipe); returns how many.

    Args:
        run: as it is read. What was asked beside its items, where it has that, is written, too, and
            marked by a column of its own; reports have it in no figure.
        path: whose suffix says the format.
        variant: what the items are compared under, and filtered by.
        filter_text: only these items.
        long: write them under every variant, a row for each.
        raw: write text in CSV as it is in the run, whatever a spreadsheet makes of it.

    Raises:
        UserError: no format goes by the file's suffix, the variant or the filter isn't valid, or
            the file can't be written.
    """
    writer = (LONG_WRITERS if long else WRITERS).get(path.suffix.lower())
    if writer is None:
        raise UserError(
            f"'{path.name}' doesn't say the format of the export",
            f"End its name in {', '.join(WRITERS)}.",
        )
    name = resolve_variant(run, variant)
    frame = run_frame(run, name)
    if filter_text is not None:
        frame = frame.filter(parse_filter(filter_text))
    rows = long_frame(run, set(frame["item_id"])) if long else frame
    if run.asked:
        rows = rows.with_columns(asked=pl.col("item_id").is_in(run.asked))
    if writer is to_csv and not raw:
        rows = harmless_cells(rows)
    write_atomically(path, writer(run, rows))
    return frame.height


def to_parquet(_run: Run, frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def to_csv(_run: Run, frame: pl.DataFrame) -> bytes:
    """The table as CSV in UTF-8, text in quotation marks; an empty cell is an absent value."""
    return frame.write_csv(quote_style="non_numeric").encode()


def to_jsonl(run: Run, frame: pl.DataFrame) -> bytes:
    """One object a line: the row, then the item, its prompt, every score and every re-decode.

    Of a run that instruments looked into, also what they found; of one with notes, those; of one
    that remedies were searched for, also a held-out item's scores under each recipe that was
    proven on it.
    """
    redecodes, findings = _by_item(run), _findings_by_item(run)
    lines = []
    for row in frame.iter_rows(named=True):
        scored = run.scored[row["item_id"]]
        detail: dict[str, Any] = {
            **row,
            "prompt": scored.prompt,
            "notes": scored.notes,
            "item": scored.item,
            "scores": scored.scores,
            "floor": scored.floor,
            "redecodes": redecodes[row["item_id"]],
        }
        if findings:
            detail["findings"] = findings.get(row["item_id"], [])
        if run.annotations:
            detail["annotation"] = run.annotations.get(row["item_id"], NOTHING)
        if run.remedies is not None:
            detail["remedies"] = run.proven.get(row["item_id"], {})
        lines.append(msgspec.json.encode(detail) + b"\n")
    return b"".join(lines)


def _by_item(run: Run) -> dict[str, list[Redecode]]:
    """Re-decodes by item, in an order that doesn't depend on when they were made."""
    grouped: dict[str, list[Redecode]] = defaultdict(list)
    for redecode in sorted(
        run.redecodes,
        key=lambda each: (each.item_id, each.variant, msgspec.json.encode(each.decoding)),
    ):
        grouped[redecode.item_id].append(redecode)
    return grouped


def _findings_by_item(run: Run) -> dict[str, list[Finding]]:
    """Findings by item, in an order that doesn't depend on when they were made."""
    grouped: dict[str, list[Finding]] = defaultdict(list)
    for finding in sorted(
        run.findings,
        key=lambda each: (each.item_id, each.variant, msgspec.json.encode(each.instrument)),
    ):
        grouped[finding.item_id].append(finding)
    return grouped


WRITERS: dict[str, Callable[[Run, pl.DataFrame], bytes]] = {
    ".parquet": to_parquet,
    ".csv": to_csv,
    ".jsonl": to_jsonl,
    ".md": to_markdown,
    ".html": to_html,
}
LONG_WRITERS: dict[str, Callable[[Run, pl.DataFrame], bytes]] = {
    ".parquet": to_parquet,
    ".csv": to_csv,
    ".jsonl": to_long_jsonl,
    ".md": to_long_markdown,
    ".html": to_long_html,
}

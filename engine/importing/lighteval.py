"""Details files of lighteval 0.11 and later, in Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from engine.importing.sample import Sample, broken
from engine.items.files import read_bytes
from engine.items.parquet import read_table
from engine.records.errors import UNREADABLE


class _Doc(msgspec.Struct, frozen=True, kw_only=True):
    query: str
    choices: list[str]
    gold_index: int | list[int]
    id: str = ""
    original_query: str | None = None


class _Response(msgspec.Struct, frozen=True, kw_only=True):
    text: list[str] | None = None
    text_post_processed: list[str] | None = None
    logprobs: list[float] | None = None


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    doc: _Doc
    model_response: _Response
    metric: dict[str, Any] = {}


def read_details(path: Path) -> list[Sample]:
    """Read a details file.

    Raises:
        UserError: a row isn't as expected; the error names it.
    """
    frame = read_table(read_bytes(path), path)
    missing = [name for name in ("doc", "model_response") if name not in frame.columns]
    if missing:
        raise broken(
            str(path),
            f"no column {' and no column '.join(missing)}, only {', '.join(frame.columns)}",
        )
    samples = []
    for number, fields in enumerate(frame.iter_rows(named=True), start=1):
        where = f"{path}, row {number}"
        try:
            row = msgspec.convert(fields, _Row)
        except (msgspec.ValidationError, RecursionError) as error:
            raise broken(where, str(error)) from error
        try:
            samples.append(_sample(row, number, where))
        except UNREADABLE as error:
            raise broken(where, f"it is not as lighteval writes it ({error!r})") from error
    if not samples:
        raise broken(str(path), "the file has no rows")
    return samples


def model_name(path: Path) -> str:
    """The model's name: what stands between "details" and the date in details/MODEL/DATE/FILE."""
    parts = path.resolve().parts
    if "details" in parts:
        start = len(parts) - parts[::-1].index("details")
        name = "/".join(parts[start:-2])
        if name:
            return name
    return path.resolve().parent.name


def _sample(row: _Row, number: int, where: str) -> Sample:
    doc, response = row.doc, row.model_response
    indices = doc.gold_index if isinstance(doc.gold_index, list) else [doc.gold_index]
    if not indices or not all(0 <= index < len(doc.choices) for index in indices):
        raise broken(where, f"gold_index {doc.gold_index} is none of {len(doc.choices)} choices")
    options = tuple(choice.strip() for choice in doc.choices)
    golds = tuple(dict.fromkeys(options[index] for index in indices if options[index]))
    if not golds:
        raise broken(where, "the gold answer is empty")
    texts = response.text_post_processed or response.text
    values = response.logprobs or []
    # A generated answer comes with the log-probabilities of its tokens, not of the choices.
    choice = not texts and len(values) == len(options) > 1
    if not texts and not choice:
        raise broken(where, "neither a generated text nor one log-probability for each choice")
    return Sample(
        key=doc.id or str(number - 1),
        question=doc.original_query or doc.query,
        golds=golds[:1] if choice else golds,
        options=options if choice else (),
        gold_index=indices[0] if choice else None,
        log_likelihoods=tuple(values) if choice else None,
        text=texts[0] if texts else None,
        prompt=doc.query,
        reported={
            name: float(value)
            for name, value in row.metric.items()
            if isinstance(value, int | float)
        },
    )

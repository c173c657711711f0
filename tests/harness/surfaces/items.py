"""Items files in the three formats, and the original files of benchmarks."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from engine.items.reading import read_items
from engine.items.validation import FIELDS
from engine.records.lines import encode_line
from tests.benchmark_rows import GLOBAL_MMLU_ROW, MINTAKA_ROW, MKQA_ROW, MMMLU_ROW, SQUAD_ROW
from tests.harness.hostile import altered, as_line, json_values, mangled, texts
from tests.harness.surface import Surface

ROWS: list[dict[str, Any]] = [
    {
        "id": "a",
        "language": "en",
        "question": "Capital of France?",
        "gold": "Paris",
        "aliases": ["City of Paris"],
        "options": ["Paris", "Rome"],
        "stem": "The capital of France is",
        "passage": "Paris is on the Seine.",
        "kind": "capital",
    },
    {"id": "b", "language": "ar", "question": "ما هي عاصمة مصر؟", "gold": "القاهرة"},
    {
        "id": "c",
        "language": "zh-Hans",
        "question": "中国的首都?",
        "gold": "北京",
        "kind": "capital",
    },
    {
        "id": "d",
        "language": "zh-Hans",
        "question": "日本的首都?",
        "gold": "东京",
        "kind": "capital",
    },
]

_ROW = st.one_of(
    st.sampled_from(ROWS),
    st.dictionaries(
        st.one_of(st.sampled_from(FIELDS), texts(halves=True)),
        st.one_of(texts(halves=True), st.lists(texts(), max_size=4), json_values()),
        max_size=8,
    ),
    st.fixed_dictionaries(
        {"question": texts(), "gold": texts()},
        optional={
            "aliases": st.lists(texts(), max_size=3),
            "options": st.lists(texts(), max_size=4),
            "language": texts(),
            "kind": texts(),
            "id": texts(),
        },
    ),
)


@st.composite
def _json_lines(draw: DrawFn) -> bytes:
    if draw(st.booleans()):
        return draw(mangled(b"".join(map(as_line, ROWS))))
    rows = draw(st.one_of(st.lists(_ROW, max_size=4), altered(ROWS)))
    return b"".join(map(as_line, rows))


def _as_csv(rows: list[dict[str, Any]], names: list[str]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(names)
    for row in rows:
        cells = (row.get(name, "") for name in names)
        writer.writerow([json.dumps(c) if isinstance(c, list) else c for c in cells])
    return file.getvalue().encode("utf-8", "surrogatepass")


CSV = _as_csv(ROWS, list(ROWS[0]))
CSV_JUNK = (b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"\t", b";", b"=", b"'")


@st.composite
def _csv_file(draw: DrawFn) -> bytes:
    if draw(st.booleans()):
        return draw(mangled(CSV, CSV_JUNK))
    names = draw(st.lists(st.one_of(st.sampled_from(FIELDS), texts()), min_size=1, max_size=6))
    rows = draw(st.lists(st.dictionaries(st.sampled_from(names), texts(halves=True)), max_size=3))
    return _as_csv(rows, names)


def as_parquet(rows: list[Any]) -> bytes:
    """Rows as a Parquet file; a case where they make no table is left out."""
    buffer = io.BytesIO()
    try:
        pl.DataFrame(rows, infer_schema_length=None, strict=False).write_parquet(buffer)
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError):
        assume(False)
    except BaseException as error:
        assume(type(error).__name__ != "PanicException")
        raise
    return buffer.getvalue()


PARQUET = as_parquet(ROWS)
PARQUET_JUNK = (b"PAR1", b"\x00" * 8, b"\xff" * 8, b"\x7f\xff\xff\xff", b"\x15\x04")


@st.composite
def _parquet_file(draw: DrawFn) -> bytes:
    if draw(st.integers(0, 2)):
        return draw(mangled(PARQUET, PARQUET_JUNK))
    values = json_values(halves=False)
    row = st.dictionaries(st.sampled_from(FIELDS), st.one_of(texts(), values), max_size=6)
    return as_parquet(draw(st.lists(row, min_size=1, max_size=3)))


BENCHMARKS: dict[str, dict[str, Any]] = {
    "squad": SQUAD_ROW,
    "mmmlu": MMMLU_ROW,
    "global-mmlu": GLOBAL_MMLU_ROW,
    "mkqa": MKQA_ROW,
    "mintaka": MINTAKA_ROW,
}


@st.composite
def _benchmark_file(draw: DrawFn) -> tuple[str, bytes]:
    name = draw(st.sampled_from(list(BENCHMARKS)))
    rows = [BENCHMARKS[name]] * 2
    if draw(st.integers(0, 3)) == 0:
        return name, draw(mangled(json.dumps(rows, ensure_ascii=False).encode()))
    return name, json.dumps(draw(altered(rows))).encode()


def _read(source: str) -> None:
    items = read_items(source)
    for item in items.items:
        encode_line(item)


def _file(suffix: str) -> Any:
    def attempt(data: bytes, directory: Path) -> None:
        path = directory / f"items{suffix}"
        path.write_bytes(data)
        _read(str(path))

    return attempt


def _benchmark(case: tuple[str, bytes], directory: Path) -> None:
    name, data = case
    path = directory / "rows.en.json"
    path.write_bytes(data)
    _read(f"{name}:{path}")


def _source(text: str, directory: Path) -> None:
    # What would ask the Hub is another surface's.
    assume(":" not in text)
    _read(text)


SURFACES = (
    Surface("items, JSON Lines", _json_lines(), _file(".jsonl")),
    Surface("items, CSV", _csv_file(), _file(".csv")),
    Surface("items, Parquet", _parquet_file(), _file(".parquet")),
    Surface("original files of benchmarks", _benchmark_file(), _benchmark),
    Surface(
        "names of items",
        st.one_of(
            texts(halves=True),
            texts(halves=True).map(lambda text: f"{text}.jsonl"),
            texts(halves=True).map(lambda text: f"~{text}/x.csv"),
        ),
        _source,
    ),
)

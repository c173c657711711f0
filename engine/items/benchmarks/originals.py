"""Rows of a benchmark's original file, in the schema that its adapter reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from engine.items.benchmarks.declarations import Benchmark
from engine.items.files import (
    Row,
    csv_rows,
    decode_text,
    describe,
    json_lines,
    parquet_rows,
    read_bytes,
)
from engine.records.errors import UserError
from engine.records.lines import decode_json

SUFFIXES = (".json", ".jsonl", ".csv", ".tsv", ".parquet")

_SPLITS = frozenset({"", "dev", "of", "test", "train", "val", "validation"})


def original_rows(benchmark: Benchmark, path: Path) -> list[Row]:
    """The rows of a file, each with its number.

    Raises:
        UserError: the file can't be read or isn't what its name says.
    """
    data = read_bytes(path)
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        rows = list(parquet_rows(data, path))
    elif suffix in {".csv", ".tsv"}:
        text = decode_text(data, path)
        delimiter = "\t" if suffix == ".tsv" else ","
        lists, headings = benchmark.lists, benchmark.headings
        rows = list(csv_rows(text, path, lists=lists, headings=headings, delimiter=delimiter))
    elif suffix == ".jsonl":
        rows = list(json_lines(decode_text(data, path), path))
    elif suffix == ".json":
        rows = list(enumerate(_json_rows(decode_text(data, path), path), start=1))
    else:
        raise UserError(f"{path}: not a benchmark file", f"File types: {', '.join(SUFFIXES)}.")
    if not rows:
        raise UserError(f"{path}: the file has no items", "Give the benchmark's original file.")
    return rows


def language_in_name(languages: Mapping[str, str], path: Path) -> str | None:
    """The language that a file's name ends in ("xquad.es.json"), or its folder's.

    Args:
        languages: for each BCP 47 tag another code of the language.
        path: of the file.
    """
    tags = {_plain(code): tag for tag, other in languages.items() for code in (other, tag)}
    for part in (path.stem, path.parent.name):
        words = [word for word in re.split(r"[^A-Za-z]+", part) if word.lower() not in _SPLITS]
        for length in (2, 1):  # two words for codes of two parts ("eng_Latn")
            code = _plain("".join(words[-length:]))
            if code in tags:
                return tags[code]
    return None


def _plain(code: str) -> str:
    return re.sub(r"[^a-z]", "", code.lower())


def _json_rows(text: str, path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON document: a list, SQuAD's articles, or TriviaQA's `Data`."""
    try:
        document = decode_json(text)
    except msgspec.DecodeError as error:
        raise UserError(
            f"{path}: invalid JSON: {error}", "Check that the file is complete."
        ) from error
    rows = document
    if isinstance(document, dict):
        rows = document.get("data", document.get("Data"))
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        message = f"{path}: expected a list of rows, or an object with one as 'data'"
        raise UserError(message, f"It holds {describe(rows)}.")
    for row in rows:
        if "paragraphs" in row:
            yield from _squad_rows(row, path)
        else:
            yield row


def _squad_rows(article: dict[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    """One row per question, with the Hub's columns."""
    try:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                texts = [answer["text"] for answer in question["answers"]]
                yield question | {"context": paragraph["context"], "answers": {"text": texts}}
    except (KeyError, TypeError) as error:
        message = f"{path}: an article of the SQuAD format lacks {error}"
        raise UserError(message, "Expected paragraphs, qas, context, answers, text.") from error

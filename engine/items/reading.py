"""Reading the items that a user names: a sample, a file or a benchmark."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from difflib import get_close_matches

import msgspec

from engine.items.benchmarks.catalogue import BENCHMARKS, find_benchmark, read_benchmark
from engine.items.distractors import with_distractors
from engine.items.files import SUFFIXES, read_rows
from engine.items.samples import LICENCE, read_sample, sample_names
from engine.items.subsets import first_per_language, in_languages
from engine.items.validation import LIST_FIELDS, items_of
from engine.records.errors import UserError, shortened
from engine.records.items import Item
from engine.user_files import from_user, is_there


class ItemSet(msgspec.Struct, frozen=True, kw_only=True):
    """Items and their source.

    Attributes:
        items: in the order in which they will be scored.
        source: as the user wrote it.
        hash: SHA-256 over the items' JSON, one a line, in order.
        licence: of the data; None where it is unknown.
    """

    items: tuple[Item, ...]
    source: str
    hash: str
    licence: str | None = None


def read_items(
    source: str, *, languages: Sequence[str] = (), limit: int | None = None, seed: int = 0
) -> ItemSet:
    """Read items from a sample, a file or a benchmark.

    Args:
        source: a sample's name ("capitals"), a `.jsonl`, `.csv` or `.parquet` file, or a
            benchmark with a language or its original file ("xquad:es", "xquad:xquad.es.json").
        languages: only items in these, by primary tag ("zh" includes "zh-Hans"); empty for all.
        limit: items per language: the first ones of a sample or file, a seeded subset of a
            benchmark; None for all of a sample or file, and for 200 of a benchmark.
        seed: of a benchmark's subset, and of the distractors for items without options.

    Raises:
        UserError: there is no such source or language, or the file isn't valid.
    """
    if limit is not None and limit < 1:
        raise UserError(f"--limit {limit}: expected 1 or more", "Leave it out to take all items.")
    named, licence = find_benchmark(source), licence_of(source)
    if named is not None:
        benchmark, selection = named
        items = read_benchmark(benchmark, selection, languages=languages, limit=limit, seed=seed)
        return item_set(items, source, licence)
    items = read_sample(source) if source in sample_names() else _read_file(source)
    items = in_languages(with_distractors(items, seed), languages)
    return item_set(items if limit is None else first_per_language(items, limit), source, licence)


def licence_of(source: str) -> str | None:
    """The licence of a source's data; None where it is unknown."""
    named = find_benchmark(source)
    if named is not None:
        return named[0].licence
    return LICENCE if source in sample_names() else None


def item_set(items: tuple[Item, ...], source: str, licence: str | None) -> ItemSet:
    """Items with their hash."""
    encoded = b"\n".join(msgspec.json.encode(item) for item in items)
    digest = hashlib.sha256(encoded).hexdigest()
    return ItemSet(items=items, source=source, hash=digest, licence=licence)


def _read_file(source: str) -> tuple[Item, ...]:
    path = from_user(source)
    if path.suffix.lower() not in SUFFIXES:
        problem = "not an items file" if is_there(path) else "no such items"
        samples, types = ", ".join(sample_names()), ", ".join(SUFFIXES)
        names = ", ".join(BENCHMARKS)
        near = get_close_matches(source.lower(), (*sample_names(), *BENCHMARKS), n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        hint += f"Samples: {samples}. Files: {types}. Benchmarks, as NAME:LANGUAGE or NAME:FILE: "
        raise UserError(f"{shortened(source)}: {problem}", f"{hint}{names}.")
    return items_of(read_rows(path, lists=LIST_FIELDS), path)

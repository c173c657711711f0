"""All benchmarks by name, and reading one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from engine.items.benchmarks import choices, extractive, open_domain
from engine.items.benchmarks.declarations import Benchmark, Entry, Row
from engine.items.benchmarks.hub import hub_rows
from engine.items.benchmarks.originals import SUFFIXES, language_in_name, original_rows
from engine.items.distractors import with_distractors
from engine.items.subsets import in_languages, primary_language, seeded_subset
from engine.records.errors import UserError
from engine.records.items import Item

SUBSET_SIZE = 200
"""Items per language of a benchmark where no limit is given."""

BENCHMARKS = {
    benchmark.name: benchmark
    for benchmark in (*extractive.BENCHMARKS, *open_domain.BENCHMARKS, *choices.BENCHMARKS)
}

ANY_LANGUAGE = {tag: tag for benchmark in BENCHMARKS.values() for tag in benchmark.languages}
"""What the name of a file in no benchmark's own format may end in."""


class BenchmarkInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a user wants to know before choosing a benchmark.

    Attributes:
        name: as written in `--items NAME:LANGUAGE` and `--items NAME:FILE`.
        repository: on the Hub; None for a file format.
        languages: what LANGUAGE may be.
        licence: of the data; None for a file format.
        short_answers: the golds are short enough to be asked for openly.
        ships_options: the options come with it; otherwise they are other items' golds.
        has_passage: questions are about a passage.
    """

    name: str
    repository: str | None
    languages: tuple[str, ...]
    licence: str | None
    short_answers: bool
    ships_options: bool
    has_passage: bool


def list_benchmarks() -> tuple[BenchmarkInfo, ...]:
    """Every benchmark, those with short answers first."""
    infos = (
        BenchmarkInfo(
            name=benchmark.name,
            repository=benchmark.repository,
            languages=tuple(benchmark.languages),
            licence=benchmark.licence,
            short_answers=benchmark.short_answers,
            ships_options=benchmark.ships_options,
            has_passage=benchmark.has_passage,
        )
        for benchmark in BENCHMARKS.values()
    )
    return tuple(sorted(infos, key=lambda info: (not info.short_answers, info.name)))


def read_benchmark(
    benchmark: Benchmark, what: str, *, languages: Sequence[str], limit: int | None, seed: int
) -> tuple[Item, ...]:
    """The seeded subset of a benchmark, with options.

    Args:
        benchmark: its declaration.
        what: a language of it, or its original file, or several, separated by commas; empty for
            its only language.
        languages: of a file that holds several, only these; empty for all.
        limit: items per language; None for `SUBSET_SIZE`.
        seed: of the subset and of the distractors.

    Raises:
        UserError: there is no such language or file, or its schema is another one.
    """
    parts = split_parts(what)
    entries = [one for part in parts for one in _part_entries(benchmark, part, languages)]
    if len(parts) > 1 or (is_file(what) and benchmark.several_languages):
        entries = [_with_language_in_id(entry) for entry in entries]
    ids = Counter(entry.item.id for entry in entries if entry.item)
    if repeated := [name for name, times in ids.items() if times > 1]:
        message = f"{benchmark.name}:{what}: {repeated[0]} is there more than once"
        raise UserError(message, "Name every language and every file once.")
    keys = {entry.key for entry in entries}
    wanted = seeded_subset(keys, SUBSET_SIZE if limit is None else limit, seed)
    pool = in_languages([entry.item for entry in entries if entry.item], languages)
    inside = {entry.item.id for entry in entries if entry.item and entry.key in wanted}
    return with_distractors([item for item in pool if item.id in inside], seed, pool)


def hub_languages(source: str) -> list[str]:
    """The languages that the Hub has to send for a source; empty where it is all here.

    Raises:
        UserError: the benchmark doesn't have one of them.
    """
    found = find_benchmark(source)
    if found is None:
        return []
    benchmark, what = found
    return [resolve_language(benchmark, part) for part in split_parts(what) if not is_file(part)]


def split_parts(what: str) -> list[str]:
    """The languages and files of `WHAT`, which are separated by commas; a file's name may have
    one."""
    return [what] if is_file(what) else [part.strip() for part in what.split(",")]


def is_file(part: str) -> bool:
    """Whether a part of `WHAT` names a file rather than a language."""
    path = Path(part).expanduser()
    return path.is_file() or ("," not in part and path.suffix.lower() in SUFFIXES)


def _part_entries(benchmark: Benchmark, part: str, languages: Sequence[str]) -> list[Entry]:
    if is_file(part):
        path = Path(part).expanduser()
        entries = _entries(benchmark, _file_rows(benchmark, path, languages))
    else:
        tag = resolve_language(benchmark, part)
        entries = _entries(benchmark, _hub_rows(benchmark, tag))
        # One configuration may hold other languages too.
        entries = [one for one in entries if one.item is None or one.item.language == tag]
    if not entries:
        message = f"{benchmark.name}:{part}: no row has a short answer"
        raise UserError(message, "Give the benchmark's original file, whole.")
    return entries


def resolve_language(benchmark: Benchmark, written: str) -> str:
    """The benchmark's tag for a language as the user wrote it: a tag or a configuration's name.

    Raises:
        UserError: the benchmark doesn't have it; names those it has.
    """
    known = ", ".join(benchmark.languages)
    name = benchmark.name
    if benchmark.repository is None:
        raise UserError(f"{name} reads files only", f"Write --items {name}:FILE.")
    if not written:
        if len(benchmark.languages) == 1:
            return next(iter(benchmark.languages))
        raise UserError(f"{name}: which language?", f"Write --items {name}:LANGUAGE, of: {known}.")
    for tag, configuration in benchmark.languages.items():
        if written.lower() == tag.lower() or written == configuration:
            return tag
    for tag in benchmark.languages:
        if primary_language(tag) == primary_language(written):
            return tag
    hint = f"Its languages are: {known}. A file of it ends in one of: {', '.join(SUFFIXES)}."
    raise UserError(f"{name} has neither a language nor a file {written!r}", hint)


def _file_rows(benchmark: Benchmark, path: Path, languages: Sequence[str]) -> Iterator[Row]:
    rows = original_rows(benchmark, path)
    language = language_in_name(benchmark.languages or ANY_LANGUAGE, path)
    if language is None and len(benchmark.languages) == 1:
        language = next(iter(benchmark.languages))
    if language is None and len(languages) == 1:
        language = languages[0]
    for position, (number, values) in enumerate(rows):
        yield Row(
            values=values,
            where=f"{path} row {number}",
            position=position,
            language=language,
            subject=path.stem.removesuffix("_test"),
        )


def _hub_rows(benchmark: Benchmark, tag: str) -> Iterator[Row]:
    configuration = benchmark.languages[tag]
    for position, values in enumerate(hub_rows(benchmark, configuration)):
        yield Row(
            values=values,
            where=f"{benchmark.repository} ({configuration}) row {position + 1}",
            position=position,
            language=tag,
        )


def _entries(benchmark: Benchmark, rows: Iterable[Row]) -> list[Entry]:
    """What the rows give; a question that is there twice in a language is kept once."""
    entries: list[Entry] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        for entry in benchmark.convert(row):
            if entry.item is None:
                entries.append(entry)
            elif (entry.key, entry.item.language) not in seen:
                seen.add((entry.key, entry.item.language))
                entries.append(_without_right_options(entry, entry.item))
    return entries


def _without_right_options(entry: Entry, item: Item) -> Entry:
    """The entry without aliases that are also options: of the options one is right."""
    aliases = tuple(alias for alias in item.aliases if alias not in item.options)
    if aliases == item.aliases:
        return entry
    return Entry(key=entry.key, item=msgspec.structs.replace(item, aliases=aliases))


def _with_language_in_id(entry: Entry) -> Entry:
    """The entry with an id that stays unique among all languages of one file."""
    if entry.item is None:
        return entry
    identifier = f"{entry.key}-{entry.item.language}"
    return Entry(key=entry.key, item=msgspec.structs.replace(entry.item, id=identifier))


def find_benchmark(source: str) -> tuple[Benchmark, str] | None:
    """The benchmark that `NAME` or `NAME:WHAT` names, with WHAT; None for anything else."""
    name, _, what = source.partition(":")
    benchmark: Any = BENCHMARKS.get(name)
    return None if benchmark is None else (benchmark, what)

"""All benchmarks by name, and how one is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from engine.items.benchmarks import choices, extractive, open_domain
from engine.items.benchmarks.declarations import OTHER_SCHEMA, Benchmark, Entry, Row
from engine.items.benchmarks.hub import hub_rows
from engine.items.benchmarks.originals import SUFFIXES, language_in_name, original_rows
from engine.items.distractors import with_distractors
from engine.items.subsets import in_languages, seeded_subset
from engine.records.errors import UNREADABLE, UserError, shortened
from engine.records.items import Item
from engine.records.languages import primary_language
from engine.user_files import from_user, has_file

SUBSET_SIZE = 200
"""Items per language of a benchmark, unless there is a limit."""

BENCHMARKS = {
    benchmark.name: benchmark
    for benchmark in (*extractive.BENCHMARKS, *open_domain.BENCHMARKS, *choices.BENCHMARKS)
}

ANY_LANGUAGE = {tag: tag for benchmark in BENCHMARKS.values() for tag in benchmark.languages}
"""The tags of all benchmarks: what the name of a file may end in where its format has no languages
of its own."""


class BenchmarkInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark as it is listed for users.

    Attributes:
        name: as written in `--items NAME:LANGUAGE` and `--items NAME:FILE`.
        repository: on the Hub; None for a file format.
        languages: the values of LANGUAGE.
        licence: of the data; None for a file format.
        short_answers: the golds are short enough to be asked for openly.
        ships_options: it has options of its own; otherwise they are other items' golds.
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
    benchmark: Benchmark, selection: str, *, languages: Sequence[str], limit: int | None, seed: int
) -> tuple[Item, ...]:
    """The seeded subset of a benchmark, with options.

    Args:
        benchmark: its declaration.
        selection: languages of it or original files, separated by commas; empty for its only
            language.
        languages: only these, of a file that has several; empty for all.
        limit: items per language; None for `SUBSET_SIZE`.
        seed: of the subset and of the distractors.

    Raises:
        UserError: there is no such language or file, or its schema differs.
    """
    parts = split_parts(selection)
    entries = [entry for part in parts for entry in _part_entries(benchmark, part, languages)]
    if len(parts) > 1 or (is_file(selection) and benchmark.several_languages):
        entries = [_with_language_in_id(entry) for entry in entries]
    ids = Counter(entry.item.id for entry in entries if entry.item)
    if repeated := [name for name, times in ids.items() if times > 1]:
        message = f"{benchmark.name}: {shortened(repeated[0])} appears more than once"
        raise UserError(message, "Name every language and every file once.")
    keys = {entry.key for entry in entries}
    wanted = seeded_subset(keys, SUBSET_SIZE if limit is None else limit, seed)
    pool = in_languages([entry.item for entry in entries if entry.item], languages)
    inside = {entry.item.id for entry in entries if entry.item and entry.key in wanted}
    return with_distractors([item for item in pool if item.id in inside], seed, pool)


def hub_languages(source: str) -> list[str]:
    """The languages of a source that are read from the Hub; empty where none is.

    Raises:
        UserError: the benchmark lacks one of them.
    """
    named = find_benchmark(source)
    if named is None:
        return []
    benchmark, selection = named
    parts = split_parts(selection)
    return [resolve_language(benchmark, part) for part in parts if not is_file(part)]


def split_parts(selection: str) -> list[str]:
    """The languages and files of a selection; a comma may also be part of a single file's name."""
    return [selection] if is_file(selection) else [part.strip() for part in selection.split(",")]


def is_file(part: str) -> bool:
    """Whether a part of a selection names a file rather than a language."""
    path = from_user(part)
    return has_file(path) or ("," not in part and path.suffix.lower() in SUFFIXES)


def _part_entries(benchmark: Benchmark, part: str, languages: Sequence[str]) -> list[Entry]:
    if is_file(part):
        path = from_user(part)
        entries = _entries(benchmark, _file_rows(benchmark, path, languages))
    else:
        tag = resolve_language(benchmark, part)
        entries = _entries(benchmark, _hub_rows(benchmark, tag))
        # A configuration may have other languages too.
        entries = [entry for entry in entries if not entry.item or entry.item.language == tag]
    if not entries:
        message = f"{benchmark.name}:{part}: no row has a short answer"
        raise UserError(message, "Give the benchmark's original file, complete.")
    return entries


def resolve_language(benchmark: Benchmark, written: str) -> str:
    """The benchmark's tag for a language as the user wrote it: a tag or a configuration's name.

    Raises:
        UserError: the benchmark doesn't have it; the hint lists its languages.
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
    hint = f"Its languages are: {known}. Its files end in one of: {', '.join(SUFFIXES)}."
    raise UserError(f"{name} has neither a language nor a file {shortened(written)!r}", hint)


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
            source_language=language,
            subject=path.stem.removesuffix("_test"),
        )


def _hub_rows(benchmark: Benchmark, tag: str) -> Iterator[Row]:
    configuration = benchmark.languages[tag]
    for position, values in enumerate(hub_rows(benchmark, configuration)):
        yield Row(
            values=values,
            where=f"{benchmark.repository} ({configuration}) row {position + 1}",
            position=position,
            source_language=tag,
        )


def _entries(benchmark: Benchmark, rows: Iterable[Row]) -> list[Entry]:
    """The entries of the rows; a question that a language has twice is kept once."""
    entries: list[Entry] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        for entry in _converted(benchmark, row):
            if entry.item is None:
                entries.append(entry)
            elif (entry.key, entry.item.language) not in seen:
                seen.add((entry.key, entry.item.language))
                entries.append(_without_right_options(entry, entry.item))
    return entries


def _converted(benchmark: Benchmark, row: Row) -> list[Entry]:
    try:
        return list(benchmark.convert(row))
    except UNREADABLE as error:
        message = f"{row.where}: {benchmark.name} can't be read from it ({error!r})"
        raise UserError(message, OTHER_SCHEMA) from error


def _without_right_options(entry: Entry, item: Item) -> Entry:
    """The entry without aliases that are also options: only one of the options is right."""
    aliases = tuple(alias for alias in item.aliases if alias not in item.options)
    if aliases == item.aliases:
        return entry
    return Entry(key=entry.key, item=msgspec.structs.replace(item, aliases=aliases))


def _with_language_in_id(entry: Entry) -> Entry:
    """The entry with an id that is unique among several languages."""
    if entry.item is None:
        return entry
    identifier = f"{entry.key}-{entry.item.language}"
    return Entry(key=entry.key, item=msgspec.structs.replace(entry.item, id=identifier))


def find_benchmark(source: str) -> tuple[Benchmark, str] | None:
    """The benchmark and the selection of `NAME` or `NAME:SELECTION`; None for anything else."""
    name, _, selection = source.partition(":")
    benchmark = BENCHMARKS.get(name)
    return None if benchmark is None else (benchmark, selection)

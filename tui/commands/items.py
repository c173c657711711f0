"""`illusion-tui items`: what --items can name."""

from __future__ import annotations

from collections import Counter

import msgspec
import typer

from tui.commands.output import JSON, print_json, print_table

LANGUAGES_SHOWN = 8


class SampleInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A sample that comes with the project: items per language."""

    name: str
    licence: str
    languages: dict[str, int]


def register(app: typer.Typer) -> None:
    app.command()(items)


def items(as_json: JSON = False) -> None:
    """List the samples and benchmarks that --items takes."""
    from engine.items.benchmarks.catalogue import BenchmarkInfo, list_benchmarks

    samples, benchmarks = _samples(), list_benchmarks()
    if as_json:
        print_json({"samples": samples, "benchmarks": benchmarks})
        return

    def row(info: BenchmarkInfo) -> tuple[str, ...]:
        return (
            info.name,
            _yes(info.short_answers),
            "shipped" if info.ships_options else "other golds",
            _yes(info.has_passage),
            info.licence or "of the file",
            _languages(info.languages),
        )

    print("Samples: --items NAME\n")
    sample_rows = [
        (one.name, f"{sum(one.languages.values()):,}", _languages(tuple(one.languages)))
        for one in samples
    ]
    print_table(("name", "items", "languages"), sample_rows)
    print("\nBenchmarks: --items NAME:LANGUAGE,… or --items NAME:FILE,…\n")
    header = ("name", "short answers", "options", "passage", "licence", "languages")
    print_table(header, [row(info) for info in benchmarks])
    print("\nFiles: --items FILE with .jsonl, .csv or .parquet")
    print("Needed: question, gold. Known: id, language, aliases, options, stem, passage, kind.")


def _samples() -> list[SampleInfo]:
    from engine.items.samples import LICENCE, read_sample, sample_names

    return [
        SampleInfo(
            name=name,
            licence=LICENCE,
            languages=dict(Counter(item.language for item in read_sample(name))),
        )
        for name in sample_names()
    ]


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _languages(tags: tuple[str, ...]) -> str:
    if len(tags) <= LANGUAGES_SHOWN:
        return " ".join(tags) or "any"
    return f"{' '.join(tags[:LANGUAGES_SHOWN])} and {len(tags) - LANGUAGES_SHOWN} more"

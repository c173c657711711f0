"""`illusion-tui export`: a run for other programs and for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.records.settings import JudgeRule
from engine.runs.known import located
from engine.runs.reading import read_run
from engine.runs.remedies import with_remedies
from tui.commands.output import RUN_DIRECTORY
from tui.commands.talk import Talk
from tui.options.registry_help import FILTERS, FilledCommand
from tui.state.saved_filters import expanded

EXAMPLES = """[bold]Examples[/bold]

illusion-tui export RUN --to items.parquet
illusion-tui export RUN --to demoted.csv --filter 'outcome:recognition-only rank<=5'
illusion-tui export RUN --to report.html --variant wanda:0.5
illusion-tui export RUN --to variants.csv --long --filter outcome:recognition-only
"""


def register(app: typer.Typer) -> None:
    app.command(cls=FilledCommand, epilog=EXAMPLES)(export)


def export(
    run: RUN_DIRECTORY,
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            metavar="FILE",
            help="Where to; its ending says the format: .parquet, .csv, .jsonl, .md or .html.",
        ),
    ],
    filter_text: Annotated[
        str | None,
        typer.Option(
            "--filter",
            metavar="EXPR",
            help="Only these items: words, and conditions such as outcome:lost,never, lang:es, "
            f"choice:right, rank>3, p<10%, @NAME for a saved filter. Names: {FILTERS}.",
        ),
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option(
            "--variant", metavar="RECIPE", help=r"[dim]\[default the run's first recipe][/dim]"
        ),
    ] = None,
    long: Annotated[
        bool,
        typer.Option("--long", help="A row for every item and variant, the reference included."),
    ] = False,
    raw: Annotated[
        bool,
        typer.Option(
            "--raw",
            help="In CSV, keep control characters, and cells that a spreadsheet runs as formulas.",
        ),
    ] = False,
    asked: Annotated[
        bool,
        typer.Option(
            "--asked",
            help="Your own questions, too: marked in a column, and in no figure of a report.",
        ),
    ] = False,
    rule: Annotated[
        JudgeRule | None,
        typer.Option(
            "--judge", metavar="RULE", help="As judged by containment, exact or f1, not as scored."
        ),
    ] = None,
) -> None:
    """Write a run's items as a table, one row an item, or as a report."""
    from engine.analysis.asked import with_asked
    from engine.analysis.overruling import annotated
    from engine.analysis.rejudging import read_judged
    from engine.reports.export import export as write_export

    filter_text = expanded(filter_text) if filter_text else filter_text
    run = located(run)
    # A search for remedies is judged as the run was.
    found = with_remedies(annotated(read_run(run))) if rule is None else read_judged(run, rule)
    if asked:
        found = with_asked(found, rule)
    count = write_export(found, to, variant=variant, filter_text=filter_text, long=long, raw=raw)
    under = f" under {len(found.manifest.settings.variants)} variants" if long else ""
    Talk().say(f"{count} items{under} in {to}")

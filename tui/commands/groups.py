"""`illusion-tui groups`: a run's items in groups, with subtotals."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.runs.known import located
from engine.runs.reading import read_run
from tui.commands.output import JSON, RUN_DIRECTORY, print_json

EXAMPLES = """[bold]Examples[/bold]

illusion-tui groups RUN
illusion-tui groups RUN --by kind
illusion-tui groups RUN --by failed --filter outcome:recognition-only --json
"""


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(groups)


def groups(
    run: RUN_DIRECTORY,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="COLUMN",
            help="language, kind, failed, gold_length, passage, outcome, tags, …",
        ),
    ] = "language",
    filter_text: Annotated[
        str | None,
        typer.Option(
            "--filter", metavar="EXPR", help="Only these items; as the filter of 'export'."
        ),
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option(
            "--variant", metavar="RECIPE", help=r"[dim]\[default the run's first recipe][/dim]"
        ),
    ] = None,
    as_json: JSON = False,
) -> None:
    """Who could know it: items in groups, what the reference knows, and what became of it."""
    from engine.analysis.filters import parse_filter
    from engine.analysis.frame import resolve_variant, run_frame
    from engine.analysis.groups import find_cut, group
    from engine.analysis.overruling import annotated
    from engine.analysis.summary import label_of
    from engine.reports.groups import grouping_section
    from engine.reports.plain import render_sections

    found = annotated(read_run(located(run)))
    name = resolve_variant(found, variant)
    frame = run_frame(found, name)
    if filter_text is not None:
        frame = frame.filter(parse_filter(filter_text))
    grouping = group(frame, find_cut(frame, by))
    if as_json:
        print_json(grouping)
    else:
        labels = (label_of(found, found.manifest.settings.against), label_of(found, name))
        print(render_sections([grouping_section(grouping, labels)]), end="")

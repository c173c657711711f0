"""`illusion-tui pack`: a run in one file, to be shown on any machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.runs.annotations import ANNOTATIONS
from engine.runs.asked import ASKED
from engine.runs.known import located
from engine.runs.reading import Run, read_run
from engine.runs.remedies import REMEDIES
from tui.commands.output import RUN_DIRECTORY
from tui.commands.talk import Talk
from tui.state.saved_filters import expanded

CARRIED = {ANNOTATIONS: "notes", ASKED: "what was asked", REMEDIES: "remedies"}

EXAMPLES = """[bold]Examples[/bold]

illusion-tui pack RUN --to talk.illusion
illusion-tui pack RUN --to talk.illusion --filter 'outcome:recognition-only recovered:yes'
illusion-tui stage talk.illusion
illusion-tui open talk.illusion
"""


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(pack)


def pack(
    run: RUN_DIRECTORY,
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="Where to, such as talk.illusion.")
    ],
    filter_text: Annotated[
        str | None,
        typer.Option(
            "--filter", metavar="EXPR", help="Only these items; as the filter of 'export'."
        ),
    ] = None,
) -> None:
    """Write a run to one file that 'stage' and 'open' play without model and network.

    Notes, questions of your own and what a search for remedies came to are in it.
    """
    from engine.runs.packing import write_pack
    from engine.runs.packs import read_pack

    filter_text = expanded(filter_text) if filter_text else filter_text
    run = located(run)
    found = read_run(run)
    ids = None if filter_text is None else _chosen(found, filter_text)
    count = write_pack(found, to, ids, filter_text or "")
    members = read_pack(to)
    carried = " and ".join(words for name, words in CARRIED.items() if name in members)
    told = f", with {carried}" if carried else ""
    Talk().say(f"{count} items in {to}, {to.stat().st_size / 1000:,.0f} kB{told}")


def _chosen(run: Run, filter_text: str) -> set[str]:
    from engine.analysis.filters import parse_filter
    from engine.analysis.frame import run_frame
    from engine.analysis.overruling import annotated

    frame = run_frame(annotated(run), run.manifest.settings.recipes[0])
    return set(frame.filter(parse_filter(filter_text))["item_id"])

"""`illusion-tui runs`: the runs on this machine."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from engine.records.errors import UserError
from engine.runs.directories import runs_directory
from engine.runs.keeping import delete_run, rename_run, restore_run
from engine.runs.known import exists, known_runs, located
from engine.runs.overview import latest_first, overview, to_builtins
from tui.commands.output import JSON, print_json
from tui.commands.talk import Talk
from tui.options import completion
from tui.options.sparing import Sparing

EXAMPLES = """[bold]Examples[/bold]

illusion-tui runs
illusion-tui runs compare first second
illusion-tui runs compare first:wanda:0.4 first:wanda:0.5
illusion-tui runs rename first baseline
illusion-tui runs delete baseline
illusion-tui runs restore baseline
"""

NAME = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="Name or directory of a run.", autocompletion=completion.runs
    ),
]
SIDE = "A run, by name or directory; with :VARIANT not its first recipe, but that variant."


class RunsGroup(Sparing, TyperGroup):
    """`runs` alone and with a command of its own."""


def register(app: typer.Typer) -> None:
    group = typer.Typer()
    group.callback(cls=RunsGroup, invoke_without_command=True, epilog=EXAMPLES)(runs)
    for command in (compare, rename, delete, restore):
        group.command()(command)
    app.add_typer(group, name="runs")


def runs(context: typer.Context, as_json: JSON = False) -> None:
    """The runs on this machine, the latest first. A run's name stands for its directory
    everywhere: illusion-tui open NAME."""
    if context.invoked_subcommand is not None:
        if as_json:
            raise UserError(
                f"--json stands before '{context.invoked_subcommand}'", "Write it at the end."
            )
        return
    entries = latest_first(overview(known_runs()))
    if as_json:
        found = [to_builtins(entry) for entry in entries]
        print_json({"directory": str(runs_directory()), "runs": found})
        return
    if not entries:
        Talk().say("no run is known yet; 'illusion-tui score' makes one")
        return
    from tui.drawing.run_lines import run_lines

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    heading, lines = run_lines(entries, width, datetime.now(UTC))
    for line in (heading, *lines):
        print("".join(text for text, _ in line).rstrip())


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help=SIDE)],
    second: Annotated[str, typer.Argument(metavar="B", help="Likewise, of the same run too.")],
    as_json: JSON = False,
) -> None:
    """Compare two runs, or two variants of one, on the items that both have scored.

    Nothing is scored again. Outcome against outcome, accuracies with McNemar's exact test, and the
    items that differ.
    """
    from engine.analysis.comparing import Side
    from engine.analysis.comparing import compare as compare_sides
    from engine.analysis.overruling import annotated
    from engine.reports.comparison import comparison_json, comparison_sections
    from engine.reports.plain import render_sections
    from engine.runs.reading import read_run

    sides = []
    for text in (first, second):
        directory, variant = parse_side(text)
        run = annotated(read_run(directory))
        sides.append(Side(run, variant or run.manifest.settings.recipes[0]))
    comparison = compare_sides(*sides)
    if as_json:
        for clause in comparison.warnings:
            Talk().say(f"warning: not scored alike: {clause}")
        print_json(comparison_json(comparison))
    else:
        print(render_sections(comparison_sections(comparison)), end="")


def rename(
    old: NAME,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name: no path.")],
) -> None:
    """Rename a run, and its directory with it."""
    directory = located(Path(old))
    renamed = rename_run(directory, new)
    talk = Talk()
    talk.say(f"'{directory.name}' is now '{new}', in {renamed}")
    if renamed.parent == runs_directory().resolve():
        # A directory of this name is what the command would look for.
        talk.say(f"the command that made it begins a new run now; --out {renamed} goes on with it")


def delete(name: NAME) -> None:
    """Move a run to the trash, from where 'illusion-tui runs restore' brings it back."""
    deleted = delete_run(located(Path(name)))
    run = deleted.origin.name
    Talk().say(f"'{run}' is deleted; illusion-tui runs restore {run} brings it back")
    Talk().say(f"until then it is in {deleted.trash}")


def restore(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name that the run had.")],
) -> None:
    """Bring a deleted run back to where it was."""
    directory = restore_run(name)
    Talk().say(f"'{name}' is back, in {directory}")


def parse_side(text: str) -> tuple[Path, str | None]:
    """The directory and the variant of "RUN" or "RUN:VARIANT"; a path may hold colons itself.

    Raises:
        UserError: no run is named so.
    """
    known = {directory.name for directory in known_runs()}
    parts = text.split(":")
    for count in range(len(parts), 0, -1):
        name = ":".join(parts[:count])
        if name and (name in known or exists(Path(name))):
            return located(Path(name)), ":".join(parts[count:]) or None
    return located(Path(parts[0])), ":".join(parts[1:]) or None

"""`illusion-tui stage`: a run, a packed one, or the demo that comes along, shown to a room."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer
from typer.core import TyperCommand

from engine.user_files import has_file
from tui.commands.inspector import OwnKeys, require_terminal, show
from tui.options import completion
from tui.options.config import read_config
from tui.options.sparing import Sparing

DEMO = "demo.illusion"

EXAMPLES = """[bold]Examples[/bold]

illusion-tui stage                    the demo that comes along
illusion-tui stage RUN
illusion-tui stage talk.illusion      a file that 'illusion-tui pack' wrote
"""


class StageCommand(Sparing, TyperCommand):
    """`stage` takes its argument as it is typed."""

    PLAIN = MappingProxyType({"run": Path})


def register(app: typer.Typer) -> None:
    app.command(cls=StageCommand, epilog=EXAMPLES)(stage)


def stage(
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="RUN|FILE",
            help="Run directory or packed run.",
            show_default=False,
            autocompletion=completion.runs,
        ),
    ] = None,
) -> None:
    """Show the items that carry the point, one at a time in large type. The space bar goes on.

    All that is shown was computed before; nothing is loaded and nothing waits.
    """
    if run is None:
        from importlib.resources import as_file, files

        with as_file(files("samples") / DEMO) as demo:
            _show_packed(demo)
    elif has_file(run):
        _show_packed(run)
    else:
        from engine.runs.known import located

        _show(located(run))


def _show_packed(file: Path) -> None:
    import tempfile

    from engine.runs.packs import unpack

    with tempfile.TemporaryDirectory(prefix="illusion-tui-") as scratch:
        directory = Path(scratch) / "run"
        unpack(file, directory)
        _show(directory)


def _show(directory: Path) -> None:
    from engine.runs.reading import read_manifest

    read_manifest(directory)
    require_terminal("Use 'illusion-tui shot RUN --screen stage' for a picture of it.")
    from tui.stage import StageApp
    from tui.state.session import SavedRun

    keys = OwnKeys(read_config().keys)
    show(SavedRun(directory.absolute()), None, StageApp, keys=keys)

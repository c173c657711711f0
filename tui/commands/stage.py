"""`illusion-tui stage`: a run, a packed one, or the demo that comes along, shown to a room."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer
from typer.core import TyperCommand

from engine.user_files import has_file
from tui.commands.inspector import OwnKeys, require_terminal, show
from tui.commands.output import SERVE, SERVE_AT
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

    PLAIN = MappingProxyType({"run": Path, "serve_at": str})


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
    serve: SERVE = None,
    serve_at: SERVE_AT = None,
) -> None:
    """Show the items that carry the point, one at a time in large type. The space bar goes on.

    All that is shown was computed before; nothing is loaded and nothing waits.
    """
    play = partial(_show, serve=bool(serve) or serve_at is not None, at=serve_at)
    if run is None:
        from importlib.resources import as_file, files

        with as_file(files("samples") / DEMO) as demo:
            _show_packed(demo, play)
    elif has_file(run):
        _show_packed(run, play)
    else:
        from engine.runs.known import located

        play(located(run))


def _show_packed(file: Path, play: Callable[[Path], None]) -> None:
    import tempfile

    from engine.runs.packs import unpack

    with tempfile.TemporaryDirectory(prefix="illusion-tui-") as scratch:
        directory = Path(scratch) / "run"
        unpack(file, directory)
        play(directory)


def _show(directory: Path, *, serve: bool, at: str | None) -> None:
    from engine.runs.reading import read_manifest
    from tui.state.session import SavedRun

    read_manifest(directory)
    if serve:
        from tui.commands.serve import serve_run

        serve_run(SavedRun(directory.absolute()), None, at, stage=True)
    require_terminal("Use 'illusion-tui shot RUN --screen stage' for a picture of it.")
    from tui.stage import StageApp

    keys = OwnKeys(read_config().keys)
    show(SavedRun(directory.absolute()), None, make_app=StageApp, keys=keys)

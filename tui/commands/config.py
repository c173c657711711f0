"""`illusion-tui config`: a config file to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.files import write_atomically
from engine.records.errors import UserError
from tui.commands.output import CONFIG
from tui.commands.talk import Talk
from tui.options.config import default_path
from tui.options.template import template

WRITE = Annotated[bool, typer.Option("--write", help="Write it to that place, where none is yet.")]


def register(app: typer.Typer) -> None:
    app.command()(config)


def config(write: WRITE = False, config: CONFIG = None) -> None:
    """Print a config file to begin with, and say where it is looked for."""
    from tui.app import InspectorApp
    from tui.keys import keys_template

    path: Path = config or default_path()
    text = f"{template()}\n{keys_template(InspectorApp)}"
    if not write:
        print(text, end="")
        Talk().say(f"{path} is the place for it; --write puts it there.")
        return
    if path.exists():
        raise UserError(f"{path} is there already", "Edit it, or name another with --config.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())
    except OSError as error:
        raise UserError(f"{path} can't be written: {error.strerror}", status=1) from error
    Talk().say(f"written: {path}")

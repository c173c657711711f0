"""What commands write to standard output, and the options that say how."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.cells import cell_len

from engine.records.errors import UserError
from engine.text import fit
from engine.user_files import is_there
from tui.options import completion

if TYPE_CHECKING:
    from engine.runs.reading import Run

JSON = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
MARKDOWN = Annotated[bool, typer.Option("--markdown", help="The report in Markdown, with items.")]
RUN_DIRECTORY = Annotated[
    Path,
    typer.Argument(
        metavar="RUN",
        help="A run: its directory, or its name in 'runs'.",
        autocompletion=completion.runs,
    ),
]
"""What `engine.runs.known.located` finds."""
ENGINE = Annotated[
    str | None,
    typer.Option("--engine", metavar="COMMAND", help="Command that reaches the engine."),
]
SERVE = Annotated[
    bool | None,
    typer.Option(
        "--serve", help="Show it in web browsers instead, until Ctrl+C.", show_default=False
    ),
]
SERVE_AT = Annotated[
    str | None,
    typer.Option(
        "--serve-at",
        metavar="HOST:PORT",
        help="The address for --serve, by default 127.0.0.1:8000. What other machines reach opens "
        "by a secret in the address.",
    ),
]
CONFIG = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Config file.")]


def one_form(*, as_json: bool, markdown: bool) -> None:
    """Refuse two forms of output at once; raises `UserError`."""
    if as_json and markdown:
        raise UserError("--json and --markdown exclude each other", "Give one of them.")


def require_empty(save: Path | None) -> None:
    """Refuse a directory for a checkpoint that holds something; raises `UserError`."""
    if save is not None and is_there(save) and (not save.is_dir() or any(save.iterdir())):
        raise UserError(f"{save} is not empty", "Name a new directory with --save.")


def print_report(run: Run, *, as_json: bool, markdown: bool) -> None:
    """Write the summary of a run, for people or for programs."""
    from engine.analysis.frame import run_frame
    from engine.reports.markdown import to_markdown
    from engine.reports.plain import render_text
    from engine.reports.report import full_summary

    if markdown:
        _write(to_markdown(run, run_frame(run)))
    elif as_json:
        summary: dict[str, Any] = msgspec.to_builtins(full_summary(run))
        print_json({**summary, "directory": str(run.directory)})
    else:
        print(render_text(full_summary(run)), end="")


def print_table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Write rows of cells in aligned columns."""
    widths = [max(cell_len(row[place]) for row in (header, *rows)) for place in range(len(header))]
    for row in (header, *rows):
        print("  ".join(map(fit, row, widths)).rstrip())


def print_json(value: Any) -> None:
    """Write a value as one line of JSON."""
    _write(msgspec.json.encode(value, enc_hook=str) + b"\n")


def _write(data: bytes) -> None:
    """Write UTF-8, whatever the encoding of the terminal is."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()

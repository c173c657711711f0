"""`illusion-tui shot`: a picture of a saved run's screen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from engine.records.errors import UserError
from tui.commands.output import RUN_DIRECTORY
from tui.commands.talk import Talk

EXAMPLES = """[bold]Examples[/bold]

illusion-tui shot RUN --to items.svg
illusion-tui shot RUN --item capital-cn-en --screen xray --to xray.svg
illusion-tui shot RUN --item capital-cn-en --instrument depth --to depth.svg
illusion-tui shot RUN --screen stage --beat 4 --size 80x24 --theme light --to stage.svg
"""
SMALLEST, LARGEST = 20, 500


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(shot)


def shot(
    run: RUN_DIRECTORY,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to, such as items.svg.")],
    item: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Item under the cursor.", show_default="the first"),
    ] = None,
    screen: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="items, lab, xray, variants, summary, remedies, stage, or another that opens "
            "from the items.",
            show_default="items",
        ),
    ] = None,
    instrument: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="On the x-ray: what an instrument found of the item.",
            show_default="the item itself",
        ),
    ] = None,
    beat: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="On stage: as it is after so many keys.", show_default="the last"
        ),
    ] = None,
    size: Annotated[
        str, typer.Option(metavar="WxH", help="Columns and lines of the screen.")
    ] = "120x34",
    theme: Annotated[
        str, typer.Option(metavar="NAME", help="dark, light, or a theme's name.")
    ] = "dark",
) -> None:
    """Draw a screen of a saved run as an SVG picture. No terminal is needed, no model loaded."""
    cells = _cells(size)
    if to.suffix.lower() != ".svg":
        raise UserError(f"'{to.name}' is no name of an SVG picture", "End its name in .svg.")
    from engine.files import write_atomically
    from engine.runs.known import located
    from engine.runs.reading import read_manifest

    run = located(run)
    read_manifest(run)
    from tui.shots import ITEMS, STAGE, XRAY, Shot, take_shot

    shown = screen or (XRAY if instrument is not None else STAGE if beat is not None else ITEMS)
    picture = take_shot(run.absolute(), Shot(shown, item, instrument, beat, cells, theme))
    write_atomically(to, picture.encode())
    what = ", ".join(filter(None, (shown, instrument, f"beat {beat}" if beat else None, size)))
    Talk().say(f"{to}: {what}")


def _cells(size: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,3})[xX×](\d{1,3})", size)
    if found:
        columns, lines = int(found[1]), int(found[2])
        if SMALLEST <= columns <= LARGEST and SMALLEST // 2 <= lines <= LARGEST:
            return columns, lines
    raise UserError(
        f"--size '{size}' is no size of a screen", "Write columns and lines, such as 120x34."
    )

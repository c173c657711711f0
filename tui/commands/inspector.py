"""The inspector: `illusion-tui` itself, and `illusion-tui open`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperCommand

from engine.records.errors import UserError
from engine.user_files import has_file
from tui.commands.output import CONFIG, ENGINE, SERVE, SERVE_AT
from tui.commands.talk import Talk
from tui.options import completion
from tui.options.config import default_path, read_config
from tui.options.options import ModelOptions
from tui.options.planning import engine_command, plan_run
from tui.options.run_options import RunOptions
from tui.options.sparing import Sparing

if TYPE_CHECKING:
    from tui.app import InspectorApp
    from tui.process.client import EngineClient
    from tui.state.session import RunSource
    from tui.state.start import Start

SWITCH_SECONDS = 0.001
RUN = Annotated[
    Path | None,
    typer.Argument(
        metavar="[RUN]",
        help="A run: its directory or name; without, a list of runs.",
        autocompletion=completion.runs,
    ),
]


FILTER = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="EXPR",
        help="Begin with the items of this filter: words, and conditions such as rank>3; @NAME "
        "for a saved one.",
    ),
]
SORT = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN,…",
        help="Begin in the order of these columns, as filters name them; -COLUMN has the highest "
        "first.",
    ),
]
ITEM = Annotated[str | None, typer.Option(metavar="ID", help="Begin at this item.")]


@dataclass(frozen=True)
class OwnKeys:
    """The keys that the config file gives to actions.

    Attributes:
        file: where they are written; None for the user's own config file.
    """

    written: Mapping[str, str | list[str]]
    file: Path | None = None


class OpenCommand(Sparing, TyperCommand):
    """`open` takes its arguments as they are typed."""

    PLAIN = MappingProxyType(
        {
            "run": Path,
            "filter_text": str,
            "sort": str,
            "item": str,
            "engine": str,
            "config": Path,
            "serve_at": str,
        }
    )


def register(app: typer.Typer) -> None:
    """Add the command; the inspector itself is what runs without one."""
    app.command("open", cls=OpenCommand)(open_run)


def inspect_run(
    options: RunOptions,
    filter_text: str | None,
    sort: str | None,
    item: str | None,
    *,
    serve: bool | None = None,
    serve_at: str | None = None,
) -> None:
    """Score a run and inspect it meanwhile, in the terminal or in browsers.

    A terminal begins where filter, order and item say.
    """
    from engine.runs.item_ids import require_item
    from tui.state.start import start_of

    serve = serve or serve_at is not None
    start = start_of(filter_text, sort, item)
    if serve:
        _require_no_start(start)
    else:
        require_terminal("Use 'illusion-tui score' for a run without a screen.")
    plan = plan_run(options)
    # A remote engine's items are not known yet.
    if item is not None and plan.items:
        require_item(item, [one.id for one in plan.items])
    from tui.state.session import LiveRun

    if plan.engine is None and plan.directory is not None:
        from engine.runs.known import remember

        remember(plan.directory)
    directory = None if plan.directory is None else str(plan.directory)
    striking = options.items is None
    sent = plan.engine is not None and bool(plan.items)
    source = LiveRun(plan.settings, directory, plan.items, striking=striking, sent=sent)
    if serve:
        from tui.commands.serve import serve_run

        serve_run(source, plan.engine, serve_at)
    show(source, plan.engine, start, keys=OwnKeys(plan.config.keys, options.config))


def open_run(
    run: RUN = None,
    filter_text: FILTER = None,
    sort: SORT = None,
    item: ITEM = None,
    engine: ENGINE = None,
    config: CONFIG = None,
    serve: SERVE = None,
    serve_at: SERVE_AT = None,
) -> None:
    """Inspect a saved run, or choose one from a list. No model is loaded until a re-decode asks
    for it.

    A packed run is unpacked among your runs, so that what you add to it is kept. With --engine, a
    run that isn't on this machine is the engine's.
    """
    from engine.runs.item_ids import item_ids, require_item
    from engine.runs.known import is_known, located
    from engine.runs.reading import read_manifest
    from tui.state.start import start_of

    serve = serve or serve_at is not None
    if run is None and serve:
        raise UserError("browsers share one run", "Name it: illusion-tui open RUN --serve.")
    if run is None and item is not None:
        raise UserError("--item is of a run", "Name the run: illusion-tui open RUN --item ID.")
    start = start_of(filter_text, sort, item)
    known = read_config(config)
    command = engine_command(ModelOptions(engine=engine), known)
    from tui.state.session import RemoteRun, SavedRun

    source: RunSource | None
    if run is None:
        source, instead = None, "Use 'illusion-tui runs' to list the runs without a screen."
    elif command is not None and not is_known(run):
        source, instead = RemoteRun(str(run)), "Copy the run to this machine to export it."
    else:
        if has_file(run):
            from engine.runs.packs import unpacked

            run = unpacked(run)
        run = located(run)
        read_manifest(run)
        if item is not None:
            require_item(item, item_ids(run))
        source = SavedRun(run.absolute())
        instead = "Use 'illusion-tui export' to get at a saved run without a screen."
    if source is not None and serve:
        from tui.commands.serve import serve_run

        _require_no_start(start)
        if isinstance(source, RemoteRun):
            raise UserError(
                f"{run} isn't on this machine", "Copy the run to this machine to show it there."
            )
        serve_run(source, command, serve_at)
    require_terminal(instead)
    show(source, command, start, keys=OwnKeys(known.keys, config))


def _require_no_start(start: Start) -> None:
    from tui.state.start import Start

    if start != Start():
        raise UserError(
            "--filter, --sort and --item are for a terminal",
            "Leave them out: whoever opens the page types a filter with /.",
        )


def require_terminal(instead: str) -> None:
    """Refuse to open a screen where there is none.

    Raises:
        UserError: a standard stream is no terminal, nor is there a web driver.
    """
    served = "TEXTUAL_DRIVER" in os.environ
    # Textual draws on standard error.
    streams = {"input": sys.stdin, "output": sys.stdout, "error": sys.stderr}
    for name, stream in streams.items():
        if not served and not stream.isatty():
            raise UserError(f"the inspector needs a terminal as its standard {name}", instead)


def show(
    source: RunSource | None,
    engine: tuple[str, ...] | None,
    start: Start | None = None,
    make_app: type[InspectorApp] | None = None,
    *,
    keys: OwnKeys,
) -> None:
    """Open the screen, on the list of runs where there is no source; stay until it is closed.

    It is the inspector's, unless another is given, and begins at the top, unless `start` says
    where.

    Raises:
        UserError: the user's own keys are none, or the screen ended at an error; the terminal is as
            it was, and the run is safe.
    """
    # A key waits so long, several times, for what threads read, import or search.
    sys.setswitchinterval(SWITCH_SECONDS)
    # Until the first frame nothing becomes garbage; the app turns it on again.
    gc.disable()
    from tui.app import InspectorApp
    from tui.crashing import crash_report, kept
    from tui.process.client import EngineClient
    from tui.state.start import Start

    clients: list[EngineClient] = []

    def make_engine() -> EngineClient:
        clients.append(EngineClient(engine))
        return clients[-1]

    app = (make_app or InspectorApp)(source, make_engine, start or Start())
    if keys.written:
        from tui.keys import bound_keys

        app.keys = bound_keys(keys.written, InspectorApp, keys.file or default_path())
    signal_name = asyncio.run(_run(app, clients))
    if app.crash is not None:
        raise crash_report(app.crash, app.session) from app.crash.error
    if signal_name:
        with contextlib.suppress(OSError):
            Talk().say(f"interrupted ({signal_name}). {kept(app.session)}")
    raise typer.Exit(app.return_code or app.return_value or 0)


async def _run(app: InspectorApp, clients: Sequence[EngineClient]) -> str:
    """Run the app, then end its engines; gives the name of the signal that ended it, or nothing."""
    from tui.ending import INTERRUPTED, Ending

    def leave() -> None:
        app.exit(return_code=INTERRUPTED)

    def kill() -> None:
        for client in clients:
            client.kill()

    with Ending(leave, kill) as ending:
        try:
            await app.run_async()
        except (KeyboardInterrupt, SystemExit, asyncio.CancelledError):
            raise
        except BaseException as error:  # The panics of Rust code are no exceptions.
            app.note_crash(error)
        finally:
            await app.session.close()
            for client in clients:
                await client.stop()
    return ending.asked

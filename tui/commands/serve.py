"""`--serve`: the inspector in web browsers, until Ctrl+C."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from typer.core import TyperCommand

from engine.records.errors import UserError
from tui.commands.inspector import OwnKeys, show
from tui.commands.talk import Talk
from tui.options.config import read_config
from tui.options.sparing import Sparing
from tui.process.signals import ending_signals

if TYPE_CHECKING:
    from engine.records.protocol import Failed
    from tui.serving.address import Address
    from tui.serving.served import Served
    from tui.state.session import LiveRun, SavedRun

GRACE_SECONDS = 15.0
"""How long an interrupted engine may take to finish its batch before it is stopped."""


class ServedCommand(Sparing, TyperCommand):
    """`served` takes its argument as it is typed."""

    PLAIN = MappingProxyType({"place": Path})


def register(app: typer.Typer) -> None:
    """Add the command that the server starts for each browser."""
    app.command("served", cls=ServedCommand, hidden=True)(served)


def served(place: Annotated[Path, typer.Argument(metavar="DIRECTORY")]) -> None:
    """Show one browser what is served."""
    if "TEXTUAL_DRIVER" not in os.environ:
        raise UserError("'served' is started for browsers", "Use --serve.")
    from tui.serving.apps import ServedInspector, ServedStage
    from tui.serving.served import read_served, shared_engine

    what = read_served(place)
    app = ServedStage if what.stage else ServedInspector
    keys = OwnKeys(read_config().keys)
    show(what.source, shared_engine(place), make_app=app, keys=keys)


def serve_run(
    source: LiveRun | SavedRun,
    engine: tuple[str, ...] | None,
    at: str | None,
    *,
    stage: bool = False,
) -> NoReturn:
    """Serve a run to browsers until the process is asked to end.

    Args:
        source: the run.
        engine: command of the engine; None for the one on this machine.
        at: the address, as it was typed.
        stage: shows nothing but the stage.

    Raises:
        UserError: the address is none or can't be used, or the extra `web` is missing.
        Interrupted: at the end.
    """
    from tui.serving.address import Address, parse_address

    address = Address() if at is None else parse_address(at)
    try:
        import textual_serve  # noqa: F401  # the extra `web`
    except ImportError as error:
        raise UserError(
            "browsers are served by textual-serve, which is not installed",
            "Install it into the environment of illusion-tui: pip install textual-serve "
            "(its extra 'web').",
        ) from error
    from tui.process.headless import Interrupted
    from tui.serving.served import Served

    what = Served.of(source, stage=stage)
    # Only its owner may enter the directory, and so reach the engine.
    with tempfile.TemporaryDirectory(prefix="illusion-tui-", ignore_cleanup_errors=True) as place:
        asyncio.run(_serve(Path(place), what, engine, address))
    raise Interrupted


async def _serve(
    place: Path, what: Served, engine: tuple[str, ...] | None, address: Address
) -> None:
    from tui.process.client import EngineClient
    from tui.process.engine_log import new_log
    from tui.serving.address import url
    from tui.serving.guard import TOKEN, Guard
    from tui.serving.hub import Hub
    from tui.serving.served import app_command, write_served
    from tui.serving.web import Site

    talk = Talk()
    write_served(place, what)
    token = None if address.loopback else secrets.token_urlsafe(32)
    guard = Guard(token, cookie=f"illusion-tui-{place.name[-8:]}")
    site = Site(_in_shell(app_command(place), new_log("browser")), guard)
    hub = Hub(place, what.opening, lambda: EngineClient(engine), lambda why: _tell(talk, why))
    ending = asyncio.Event()
    _hear(ending, hub.kill)
    try:
        await hub.start()
        port = await site.start(address)
        query = "" if token is None else f"?{TOKEN}={token}"
        talk.say(f"the inspector is at {url(address.host, port)}{query}")
        if token is not None:
            talk.say("whoever has this address can look, ask and take notes; it is not encrypted")
        talk.say("Ctrl+C ends it")
        if what.settings is not None:
            # Scored from now on, whether anybody looks or not.
            hub.begin()
        await ending.wait()
        if hub.running:
            talk.stopping()
    finally:
        await site.stop()
        await hub.stop(GRACE_SECONDS)
    if what.directory is not None and what.settings is not None:
        talk.say(f"what is scored is kept in {what.directory}; the same command goes on from there")


def _hear(ending: asyncio.Event, kill: Callable[[], None]) -> None:
    """Hear what asks the process to end: first in an orderly way, then at once."""

    def interrupt() -> None:
        if ending.is_set():
            kill()
        ending.set()

    for number in ending_signals():
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, interrupt)


def _in_shell(command: tuple[str, ...], log: Path) -> str:
    """A command as textual-serve starts it, its standard error in a log."""
    if sys.platform == "win32":
        return f'{subprocess.list2cmdline(command)} 2>>"{log}"'
    return f"exec {shlex.join(command)} 2>>{shlex.quote(os.fspath(log))}"


def _tell(talk: Talk, failure: Failed) -> None:
    talk.say(f"error: {failure.message}")
    for line in failure.hint.splitlines():
        talk.say(f"hint: {line}")

"""`illusion-tui doctor`: what the engine's machine has."""

from __future__ import annotations

from typing import Any

import msgspec
import typer

from engine.records.protocol import Diagnose, Diagnosis, Event, Notice
from engine.text import displayable
from tui.commands.output import CONFIG, ENGINE, JSON, print_json
from tui.commands.talk import Talk
from tui.options.config import default_path, read_config
from tui.options.options import ModelOptions
from tui.options.planning import engine_command


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    engine: ENGINE = None,
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Show devices, memory, versions, caches, and what can be reached."""
    from tui.process.client import EngineClient
    from tui.process.headless import converse

    command = engine_command(ModelOptions(engine=engine), read_config(config))
    found: dict[str, dict[str, Any]] = {}
    talk = Talk()

    def receive(event: Event) -> None:
        if isinstance(event, Diagnosis):
            found.update(event.sections)
        elif isinstance(event, Notice):
            talk.say(f"note: {event.text}")

    client = EngineClient(command)
    converse(client, [Diagnose()], receive)
    path = config or default_path()
    found["inspector"] = {
        "config file": str(path) if path.exists() else f"{path} (none)",
        "engine": " ".join(client.command),
        "engine log": str(client.log),
        "other packages' methods": _outside_methods(),
    }
    if as_json:
        print_json(found)
    else:
        print(_sections(found))


def _outside_methods() -> list[str]:
    """Methods that other packages bring, and what is wrong with those that can't be used."""
    from engine.methods.registry import found, outside_package

    methods = found()
    usable = [f"{name} ({outside_package(name)})" for name in methods.packages]
    return usable + [
        f"{failure.name} of {failure.package} can't be used: {failure.reason}"
        for failure in methods.failures
    ]


def _sections(found: dict[str, dict[str, Any]]) -> str:
    width = max((len(name) for section in found.values() for name in section), default=0)
    blocks = []
    for title, section in found.items():
        lines = [title]
        lines += [
            f"  {displayable(name):<{width}}  {_shown(value)}" for name, value in section.items()
        ]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "—"
    if isinstance(value, str):
        return displayable(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value)) or "—"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return displayable(msgspec.json.encode(value).decode())

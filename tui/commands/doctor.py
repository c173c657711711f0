"""`illusion-tui doctor`: what the engine's machine has."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import msgspec
import typer

from engine.records.extensions import Members
from engine.records.protocol import Diagnose, Diagnosis, Event, Notice, Progress
from engine.text import displayable
from tui.commands.output import CONFIG, ENGINE, JSON, print_json
from tui.commands.talk import Talk
from tui.options.config import default_path, read_config
from tui.options.options import ModelOptions
from tui.options.planning import engine_command


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    engine: ENGINE = None,
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Show devices, memory, versions, caches, and what can be reached."""
    from engine.analysis.metrics import registry as metrics
    from engine.methods import registry as methods
    from tui.commands.run_talk import progress_line
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
        elif isinstance(event, Progress):
            talk.progress(event.stage, progress_line(event))

    client = EngineClient(command)
    try:
        converse(client, [Diagnose()], receive)
    finally:
        talk.clear()
    path = config or default_path()
    found["inspector"] = {
        "config file": str(path) if path.exists() else f"{path} (none)",
        "engine": " ".join(client.command),
        "engine log": str(client.log),
        "other packages' methods": _outside(methods.found()),
        "other packages' metrics": _outside(metrics.found()),
    }
    if as_json:
        print_json(found)
    else:
        print(_sections(found))


def _outside(members: Members[Any]) -> list[str]:
    """What other packages bring, and what is wrong with what can't be used."""
    return [
        *(f"{name} ({package} {version(package)})" for name, package in members.packages.items()),
        *(
            f"{failure.name} of {failure.package} can't be used: {failure.reason}"
            for failure in members.failures
        ),
    ]


def _sections(found: dict[str, dict[str, Any]]) -> str:
    width = max((len(name) for section in found.values() for name in section), default=0)
    blocks = []
    for title, section in found.items():
        lines = [displayable(title)]
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

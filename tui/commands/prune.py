"""`illusion-tui prune`: a variant as a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.methods.amounts import Sparsity
from engine.methods.recipes import parse_recipe
from engine.records.errors import UserError
from engine.records.protocol import CheckpointSaved, Event, Prune
from engine.text import displayable
from tui.commands.output import JSON, print_json, require_empty
from tui.commands.talk import Talk
from tui.options.options import ItemOptions
from tui.options.planning import plan_model
from tui.options.registry_help import FilledCommand
from tui.options.signatures import takes_options

UNSTRUCTURED = "; unstructured zeros save neither time nor memory by themselves"


def register(app: typer.Typer) -> None:
    app.command(cls=FilledCommand)(prune)


@takes_options(ItemOptions)
def prune(
    options: ItemOptions,
    save: Annotated[
        Path,
        typer.Option(
            "--save", metavar="DIR", help="Where the checkpoint goes: a new or an empty directory."
        ),
    ],
    as_json: JSON = False,
) -> None:
    """Write a compressed model as a checkpoint that transformers loads."""
    from tui.commands.run_talk import RunTalk
    from tui.process.client import EngineClient
    from tui.process.headless import converse

    if not (options.recipe or options.sparsity or options.method):
        raise UserError("say which variant to make", "Such as --recipe wanda:0.5.")
    plan = plan_model(options)
    if len(plan.settings.recipes) != 1:
        raise UserError(
            "one recipe at a time can be saved", f"Given: {', '.join(plan.settings.recipes)}."
        )
    directory = str(save)
    if plan.engine is None:
        require_empty(save)
        directory = str(save.absolute())
    talk = Talk()
    events = RunTalk(talk)
    saved: list[CheckpointSaved] = []

    def receive(event: Event) -> None:
        events.tell(event)
        if isinstance(event, CheckpointSaved):
            saved.append(event)

    request = Prune(settings=plan.settings, directory=directory)
    try:
        converse(EngineClient(plan.engine), [request], receive, talk.stopping)
    finally:
        talk.clear()
    _print(saved[0], as_json)


def _print(saved: CheckpointSaved, as_json: bool) -> None:
    variants = saved.manifest.variants
    made = variants[-1] if variants else None
    if as_json:
        print_json(
            {
                "directory": saved.directory,
                "recipe": made.name if made else None,
                "achieved_sparsity": made.achieved_sparsity if made else None,
                "manifest": saved.manifest,
            }
        )
        return
    # Of an engine on another machine, this is what that one says.
    print(displayable(saved.directory))
    if made and made.achieved_sparsity:
        sentence = UNSTRUCTURED if isinstance(parse_recipe(made.name).amount, Sparsity) else ""
        Talk().say(f"{made.label}: {100 * made.achieved_sparsity:.2f} % zeros{sentence}")

"""`illusion-tui remedy`: what brings a run's answers back at the same cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from engine.methods.checkpoint import METHOD as CHECKPOINT
from engine.records.errors import UserError
from engine.records.protocol import (
    CheckpointSaved,
    Event,
    OpenRun,
    Prune,
    Remedy,
    RemedyFound,
    RemedyTried,
    Request,
)
from engine.records.recipes import KEEP
from engine.records.remedies import RemedyReport, Trial
from engine.records.settings import DENSE
from engine.runs.known import located
from engine.runs.reading import read_manifest
from tui.commands.output import CONFIG, ENGINE, JSON, RUN_DIRECTORY, print_json, require_empty
from tui.commands.talk import Talk
from tui.options.config import read_config
from tui.options.options import ModelOptions
from tui.options.planning import engine_command

EXAMPLES = """[bold]Examples[/bold]

illusion-tui remedy RUN
illusion-tui remedy RUN --variant wanda:0.5 --control languages --json
illusion-tui remedy RUN --text wikitext.txt
illusion-tui remedy RUN --save mended
"""


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(remedy)


def remedy(
    run: RUN_DIRECTORY,
    variant: Annotated[
        str | None,
        typer.Option(metavar="RECIPE", help="The variant to mend; the run's first by itself."),
    ] = None,
    control: Annotated[
        str | None,
        typer.Option(metavar="ITEMS", help="Another task; another sample by itself."),
    ] = None,
    text: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Also measure the perplexity of everything on a UTF-8 text file."
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write what was chosen as a checkpoint: a new or empty directory."
        ),
    ] = None,
    as_json: JSON = False,
    engine: ENGINE = None,
    config: CONFIG = None,
) -> None:
    """Search for what brings answers back at the same sparsity, and prove it.

    Half of the run's items are chosen on; the figures are those of the other half, and of another
    task. The same command again goes on where it was left.
    """
    from tui.commands.run_talk import RunTalk
    from tui.process.client import EngineClient
    from tui.process.headless import Interrupted, converse

    command = engine_command(ModelOptions(engine=engine), read_config(config))
    directory = str(run)
    if command is None:
        run = located(run)
        recipes = read_manifest(run).settings.recipes
        directory = str(run.absolute())
        require_empty(save)
        require_recipe(save, variant or recipes[0])
    talk = Talk()
    events = RunTalk(talk, quiet=True)
    found: list[RemedyReport] = []

    def saving(recipe: str) -> Request | None:
        manifest = events.state.manifest
        if save is None or manifest is None:
            return None
        settings = msgspec.structs.replace(manifest.settings, recipes=(recipe,), against=DENSE)
        target = str(save.absolute()) if command is None else str(save)
        return Prune(settings=settings, directory=target)

    def receive(event: Event) -> Request | None:
        events.tell(event)
        match event:
            case RemedyTried(trial=trial):
                talk.say(trial_line(trial))
            case RemedyFound(report=report):
                found.append(report)
                return saving(report.best.recipe)
            case CheckpointSaved(directory=saved):
                talk.say(f"saved: {saved}")
        return None

    measured = None if text is None else str(text.absolute() if command is None else text)
    question = Remedy(variant=variant, control=control, text=measured)
    requests = [OpenRun(directory=directory), question]
    try:
        converse(EngineClient(command), requests, receive, talk.stopping)
    except Interrupted:
        talk.say("interrupted: what was tried is kept; the same command goes on from there")
        raise
    finally:
        talk.clear()
    _print(found[0], as_json)


def require_recipe(save: Path | None, variant: str) -> None:
    """Check that there will be something to save: of a finished checkpoint nothing is made.

    Raises:
        UserError: there will not.
    """
    method, _, source = variant.partition(":")
    if save is not None and method == CHECKPOINT.name:
        raise UserError(
            f"{variant} is finished: no recipe makes it, so there is none to save",
            "Leave out --save; 'illusion-tui prune --recipe "
            f"{CHECKPOINT.name}:{source}+{KEEP}BLOCKS --save DIR' writes it with blocks dense.",
        )


def trial_line(trial: Trial) -> str:
    """A trial in a line: "wanda:0.45+gold: open 12, choice 27 of 30, 14 s"."""
    return (
        f"{trial.recipe}: open {trial.open_right}, choice {trial.choice_right} of {trial.n}, "
        f"{trial.seconds:.0f} s"
    )


def _print(report: RemedyReport, as_json: bool) -> None:
    if as_json:
        print_json(msgspec.to_builtins(report))
        return
    from engine.reports.plain import render_sections
    from engine.reports.remedies import remedy_sections

    print(render_sections(remedy_sections(report)), end="")

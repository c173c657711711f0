"""`illusion-tui score`: a run without a screen."""

from __future__ import annotations

import os
import time

import typer

from engine.analysis.overruling import annotated
from engine.records.errors import UserError
from engine.records.protocol import (
    StartRun,
)
from engine.runs.known import remember
from engine.runs.reading import Run, read_run
from tui.commands.output import JSON, MARKDOWN, one_form, print_report
from tui.commands.talk import Talk, clock
from tui.options.planning import plan_run
from tui.options.registry_help import FilledCommand
from tui.options.run_options import RunOptions
from tui.options.signatures import takes_options

EXAMPLES = """[bold]Examples[/bold]

illusion-tui score --model smollm2 --sparsity 0.45 --out runs/first
illusion-tui score --sparsity 0.3,0.4,0.5 --items capitals --json > summary.json
illusion-tui score -r gptq:4:128 --items mine.csv --recover beam=8,one-shot
"""


def register(app: typer.Typer) -> None:
    app.command(cls=FilledCommand, epilog=EXAMPLES)(score)


@takes_options(RunOptions)
def score(options: RunOptions, as_json: JSON = False, markdown: MARKDOWN = False) -> None:
    """Score items without a screen: progress on standard error, the summary on standard output.

    Every scored item is on disk at once. The same command again goes on where it was left. Under
    accelerate launch or torchrun, the processes share the items.
    """
    from tui.commands.run_talk import RunTalk
    from tui.process.client import EngineClient
    from tui.process.headless import Interrupted, converse
    from tui.process.launched import launched_share

    one_form(as_json=as_json, markdown=markdown)
    share = launched_share(os.environ)
    plan = plan_run(options)
    if plan.engine is None and plan.directory is not None and share.rank == 0:
        remember(plan.directory)
    talk = Talk(quiet=share.rank != 0)
    events = RunTalk(talk, remote=plan.engine is not None)
    request = StartRun(
        settings=plan.settings,
        directory=None if plan.directory is None else str(plan.directory),
        share=share,
        items=plan.items if plan.engine is not None and plan.items else None,
    )

    began = time.monotonic()
    try:
        converse(EngineClient(plan.engine), [request], events.tell, talk.stopping)
    except Interrupted:
        talk.say(f"interrupted: {events.kept or 'nothing was begun'}")
        raise
    except UserError as error:
        hint = "\n".join(filter(None, (error.hint, events.kept)))
        raise UserError(error.message, hint, status=error.status) from error
    finally:
        talk.clear()
    if share.rank != 0:
        return
    if plan.engine is None and plan.directory is not None:
        run: Run | None = annotated(read_run(plan.directory))
    else:
        run = events.state.run()
    if run is None:
        raise UserError("the engine finished a run that it never opened", status=1)
    print_report(run, as_json=as_json, markdown=markdown)
    talk.say(f"done in {clock(time.monotonic() - began)}")

"""`illusion-tui score`: a run without a screen."""

from __future__ import annotations

import time
from pathlib import Path

import typer

from engine.records.errors import UserError
from engine.records.hypotheses import Redecode
from engine.records.manifest import Manifest
from engine.records.protocol import (
    DecodeFinished,
    Event,
    ItemScored,
    ManifestChanged,
    RunFinished,
    RunOpened,
    StartRun,
)
from engine.records.scores import ScoredItem
from engine.runs.reading import RedecodeKey, Run, read_run, redecode_key
from tui.commands.output import JSON, MARKDOWN, one_form, print_report
from tui.commands.talk import EventTalk, Talk, clock
from tui.options.options import RunOptions
from tui.options.planning import plan_run
from tui.options.signatures import takes_options

EXAMPLES = """[bold]Examples[/bold]

illusion-tui score --model smollm2 --sparsity 0.45 --out runs/first
illusion-tui score --sparsity 0.3,0.4,0.5 --items capitals --json > summary.json
illusion-tui score -r gptq:4:128 --items mine.csv --recover beam=8,one-shot
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(score)


@takes_options(RunOptions)
def score(options: RunOptions, as_json: JSON = False, markdown: MARKDOWN = False) -> None:
    """Score items without a screen: progress on standard error, the summary on standard output.

    Every scored item is on disk at once. The same command again goes on where it was left.
    """
    from tui.process.client import EngineClient
    from tui.process.headless import Interrupted, converse

    one_form(as_json=as_json, markdown=markdown)
    plan = plan_run(options)
    talk = Talk()
    events = EventTalk(talk)
    record = _Record()
    request = StartRun(
        settings=plan.settings,
        directory=None if plan.directory is None else str(plan.directory),
    )

    def receive(event: Event) -> None:
        events.tell(event)
        if plan.engine is not None:
            record.take(event)

    began = time.monotonic()
    try:
        converse(EngineClient(plan.engine), [request], RunFinished, receive, talk.stopping)
    except Interrupted:
        talk.say(f"interrupted: {events.kept or 'nothing was begun'}")
        raise
    except UserError as error:
        hint = "\n".join(filter(None, (error.hint, events.kept)))
        raise UserError(error.message, hint, status=error.status) from error
    finally:
        talk.clear()
    talk.say(f"done in {clock(time.monotonic() - began)}")
    if plan.engine is None and plan.directory is not None:
        run = read_run(plan.directory)
    else:
        run = record.run()
    print_report(run, as_json=as_json, markdown=markdown)


class _Record:
    """What a run on another machine sends, kept for its summary."""

    def __init__(self) -> None:
        self.directory = ""
        self.manifest: Manifest | None = None
        self.scored: dict[str, ScoredItem] = {}
        self.redecodes: dict[RedecodeKey, Redecode] = {}

    def take(self, event: Event) -> None:
        match event:
            case RunOpened(directory=directory, manifest=manifest):
                self.directory, self.manifest = directory, manifest
            case ManifestChanged(manifest=manifest):
                self.manifest = manifest
            case ItemScored(scored=scored):
                self.scored[scored.item.id] = scored
            case DecodeFinished(redecode=redecode):
                self.redecodes[redecode_key(redecode)] = redecode

    def run(self) -> Run:
        if self.manifest is None:
            raise UserError("the engine finished a run that it never opened", status=1)
        return Run(
            directory=Path(self.directory),
            manifest=self.manifest,
            items=tuple(one.item for one in self.scored.values()),
            scored=self.scored,
            redecodes=tuple(self.redecodes.values()),
        )

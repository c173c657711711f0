"""`illusion-tui xray`: where an answer sank, and what brings it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer

from engine.analysis.overruling import annotated
from engine.analysis.pooled import pooled
from engine.records.errors import UserError
from engine.records.instruments.instrument import Finding, Instrument
from engine.records.instruments.registry import instrument_named, instruments
from engine.records.protocol import (
    Event,
    OpenRun,
    Probe,
    ProbeFinished,
    ProbeStep,
    Request,
)
from engine.records.settings import DENSE
from engine.runs.item_ids import item_ids, require_item
from engine.runs.known import is_known, located
from engine.runs.reading import Run, read_run
from engine.runs.variants import require_variant
from tui.commands.output import CONFIG, ENGINE, JSON, RUN_DIRECTORY, print_json
from tui.commands.talk import Talk
from tui.drawing.lines import Line
from tui.drawing.probes.labels import Labels
from tui.drawing.probes.registry import finding_lines, pooled_lines
from tui.options import completion
from tui.options.config import read_config
from tui.options.options import ModelOptions
from tui.options.planning import engine_command
from tui.state.saved_filters import expanded
from tui.state.state import variant_label

WIDTH = 100

EXAMPLES = """[bold]Examples[/bold]

illusion-tui xray RUN capital-jp-en
illusion-tui xray RUN capital-jp-en --instrument restore --json
illusion-tui xray RUN --filter outcome:recognition-only --instrument fork
"""


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(xray)


def xray(
    run: RUN_DIRECTORY,
    item: Annotated[
        str | None,
        typer.Argument(
            metavar="[ITEM]",
            help="Id of the item, or --filter.",
            autocompletion=completion.item_ids,
        ),
    ] = None,
    filter: Annotated[
        str | None,
        typer.Option(metavar="EXPR", help="All items that the inspector's / would show."),
    ] = None,
    instrument: Annotated[
        list[str] | None,
        typer.Option(
            "--instrument",
            "-i",
            metavar="NAME",
            help=f"{', '.join(instruments())}; may be repeated. Without it all but patch, of "
            "several items those that make a figure.",
        ),
    ] = None,
    variant: Annotated[
        str, typer.Option(metavar="VARIANT", help="pruned, dense, or one recipe of the run.")
    ] = "pruned",
    as_json: JSON = False,
    engine: ENGINE = None,
    config: CONFIG = None,
) -> None:
    """Look inside the model at one item of a run, or at many: where does the answer sink, and
    what does it gain when a part is dense again?"""
    from tui.commands.run_talk import RunTalk, told_run
    from tui.process.client import EngineClient
    from tui.process.headless import converse

    if (item is None) == (filter is None):
        raise UserError(
            "name either an item or a --filter", "xray RUN ITEM, or xray RUN --filter EXPR."
        )
    filter = expanded(filter) if filter else filter
    command = engine_command(ModelOptions(engine=engine), read_config(config))
    talk = Talk()
    if command is None or is_known(run):
        run = located(run).absolute()
        saved = annotated(read_run(run))
    else:
        saved = told_run(EngineClient(command), str(run), talk)
    name = _variant(variant, saved)
    ids = _found(saved, item, filter, name)
    chosen = _instruments(instrument, many=item is None, variant=name)
    events = RunTalk(talk, quiet=True)
    findings: list[Finding] = []
    asked = {
        request.id: request
        for request in (Probe(item_ids=ids, variant=name, instrument=kind) for kind in chosen)
    }
    labels = Labels(DENSE, variant_label(name))

    def receive(event: Event) -> Request | None:
        events.tell(event)
        match event:
            case ProbeStep():
                kind = asked[event.id or ""].instrument.title
                far = f"{kind}: {event.detail} ({100 * event.share:.0f} %)"
                talk.progress(kind, far)
            case ProbeFinished():
                talk.clear()
                findings.append(event.finding)
                if item is not None and not as_json:
                    print(_text(event.finding, labels), flush=True)
        return None

    requests: list[Request] = [OpenRun(directory=str(run)), *asked.values()]
    try:
        converse(EngineClient(command), requests, receive, talk.stopping)
    finally:
        talk.clear()
    if as_json:
        print_json(_object(item, filter, name, chosen, findings))
    elif item is None:
        for kind in chosen:
            figure = pooled([one for one in findings if one.name == kind.name])
            if figure is not None:
                print(f"{kind.title}\n" + _plain(pooled_lines(figure, WIDTH)) + "\n")


def _variant(variant: str, run: Run) -> str:
    settings = run.manifest.settings
    if variant == "pruned":
        return settings.recipes[0]
    return require_variant(variant, tuple(dict.fromkeys((DENSE, *settings.variants))))


def _found(run: Run, item: str | None, filter_text: str | None, variant: str) -> tuple[str, ...]:
    """The ids of the items that are asked for, one at least; raises `UserError`."""
    if item is not None:
        require_item(item, item_ids(run.directory))
        return (item,)
    from engine.analysis.filters import parse_filter
    from engine.analysis.frame import run_frame

    expression = parse_filter(filter_text or "")
    of = None if variant == DENSE else variant
    found: list[str] = run_frame(run, of).filter(expression)["item_id"].to_list()
    if not found:
        raise UserError(f"no item of the run is '{filter_text}'", "Try a wider --filter.")
    return tuple(found)


def _instruments(names: Sequence[str] | None, *, many: bool, variant: str) -> list[Instrument]:
    """The instruments that are named, or all that serve; raises `UserError`."""
    if names:
        chosen = [instrument_named(name) for name in dict.fromkeys(names)]
        lonely = [kind.name for kind in chosen if many and not kind.pooled]
        if lonely:
            fit = ", ".join(kind.name for kind in instruments().values() if kind.pooled)
            raise UserError(
                f"{lonely[0]} makes no figure of many items", f"Use {fit}, or name one item."
            )
        return chosen
    return [
        kind
        for kind in instruments().values()
        if kind.unasked and (kind.pooled or not many) and not (kind.compares and variant == DENSE)
    ]


def _text(finding: Finding, labels: Labels) -> str:
    title = instruments()[finding.name].title
    return f"{title}\n{_plain(finding_lines(finding, labels, WIDTH))}\n"


def _plain(lines: Sequence[Line]) -> str:
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


def _object(
    item: str | None,
    filter_text: str | None,
    variant: str,
    chosen: Sequence[Instrument],
    findings: Sequence[Finding],
) -> dict[str, Any]:
    found = [{**msgspec.to_builtins(one), "sentence": one.sentence} for one in findings]
    if item is not None:
        return {"item_id": item, "variant": variant, "findings": found}
    figures = {}
    for kind in chosen:
        figure = pooled([one for one in findings if one.name == kind.name])
        if figure is not None:
            figures[kind.name] = {**msgspec.to_builtins(figure), "sentence": figure.sentence}
    items = len({one.item_id for one in findings})
    return {
        "filter": filter_text,
        "variant": variant,
        "items": items,
        "figures": figures,
        "findings": found,
    }

"""`illusion-tui redecode`: does another decoding bring the answer back?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from engine.analysis.outcomes import verdict_mark
from engine.analysis.recovery_text import recovery_sentence
from engine.records.decodings.decoding import Decoding
from engine.records.hypotheses import Redecode
from engine.records.protocol import (
    Decode,
    DecodeFinished,
    DecodeStep,
    Event,
    OpenRun,
    Request,
    RunOpened,
)
from engine.records.settings import DENSE, Settings
from engine.runs.item_ids import item_ids, require_item
from engine.runs.known import located
from engine.runs.reading import read_manifest
from engine.text import displayable
from tui.commands.output import CONFIG, ENGINE, JSON, RUN_DIRECTORY, print_json
from tui.commands.talk import Talk
from tui.options import completion
from tui.options.config import read_config
from tui.options.decodings import choose_variants, takes_decoding
from tui.options.options import ModelOptions
from tui.options.planning import engine_command

LEAD_CELLS, COUNT_CELLS, FIGURE_CELLS = 5, 6, 8
"""Of the verdict with the position, of a count, and of a figure at least."""

EXAMPLES = """[bold]Examples[/bold]

illusion-tui redecode RUN capital-cn-en --beam 8
illusion-tui redecode RUN capital-cn-en --sample 16 --temperature 0.7
illusion-tui redecode RUN capital-cn-en --one-shot --variant both
illusion-tui redecode RUN capital-cn-en --k-shot 3
illusion-tui redecode RUN capital-cn-en --repetition-penalty 1.2
illusion-tui redecode RUN capital-cn-en --contrastive 0.1 --variant dense
"""


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(takes_decoding(redecode))


def redecode(
    run: RUN_DIRECTORY,
    item: Annotated[
        str,
        typer.Argument(metavar="ITEM", help="Id of the item.", autocompletion=completion.item_ids),
    ],
    decoding: Decoding,
    variant: Annotated[
        str,
        typer.Option(metavar="VARIANT", help="pruned, dense, both, or one recipe of the run."),
    ] = "pruned",
    as_json: JSON = False,
    engine: ENGINE = None,
    config: CONFIG = None,
) -> None:
    """Decode one item of a run again, and show whether the gold answer comes back."""
    from tui.commands.run_talk import RunTalk
    from tui.process.client import EngineClient
    from tui.process.headless import converse

    def ask(settings: Settings) -> Decode:
        variants = choose_variants(variant, settings)
        return Decode(item_id=item, variants=variants, decoding=decoding)

    command = engine_command(ModelOptions(engine=engine), read_config(config))
    requests: list[Request] = [OpenRun(directory=str(run))]
    if command is None:
        run = located(run)
        settings = _checked(run, (item, *decoding.item_ids), variant)
        requests = [OpenRun(directory=str(run.absolute())), ask(settings)]
    talk = Talk()
    events = RunTalk(talk, quiet=True)
    finished: list[Redecode] = []
    reference = DENSE

    def receive(event: Event) -> Request | None:
        nonlocal reference
        events.tell(event)
        if isinstance(event, RunOpened):
            reference = event.manifest.settings.against
        match event:
            case RunOpened() if command is not None:
                return ask(event.manifest.settings)
            case DecodeStep():
                best = event.texts[0] if event.texts else ""
                far = f"step {event.step} of {event.steps}"
                talk.progress(event.variant, f"{event.variant}, {decoding.label}, {far}: {best}")
            case DecodeFinished():
                talk.clear()
                finished.append(event.redecode)
                if not as_json:
                    print("\n".join(redecode_lines(event.redecode, reference)), flush=True)
        return None

    try:
        converse(EngineClient(command), requests, receive, talk.stopping)
    finally:
        talk.clear()
    if as_json:
        details = [_detail(one, reference) for one in finished]
        print_json({"item_id": item, "redecodes": details})


def redecode_lines(redecode: Redecode, reference: str) -> list[str]:
    """What a re-decode brought, for people: one line that says it, then the hypotheses."""
    decoding = redecode.decoding
    sentence = recovery_sentence(redecode, demoted=redecode.variant != reference)
    variant = displayable(redecode.variant)
    lines = [f"{variant}  {displayable(decoding.label)}: {displayable(sentence)}"]
    if redecode.example_ids:
        examples = ", ".join(map(displayable, redecode.example_ids))
        lines.append(f"  example{'s' * (len(redecode.example_ids) > 1)}: {examples}")
    if redecode.partner is not None:
        lines.append(f"  expert {variant}, amateur {displayable(redecode.partner)}")
    if redecode.prompt_tokens is not None and redecode.generated_tokens is not None:
        read, generated = redecode.prompt_tokens, redecode.generated_tokens
        lines.append(f"  {read} tokens read, {generated} generated")
    counted = decoding.order == "counted"
    cells = max(FIGURE_CELLS, len(redecode.measure))
    lines.append(f"{'':{LEAD_CELLS + COUNT_CELLS * counted}} {redecode.measure:>{cells}}")
    for position, hypothesis in enumerate(redecode.hypotheses, start=1):
        mark = verdict_mark(hypothesis.judgement.correct)
        count = f" {hypothesis.count:>3} ×" if counted else ""
        figure = f"{hypothesis.figure:>{cells}.2f}"
        lines.append(f"{mark} {position:>3}{count} {figure}  {displayable(hypothesis.text)}")
    return lines


def _detail(redecode: Redecode, reference: str) -> dict[str, Any]:
    detail: dict[str, Any] = msgspec.to_builtins(redecode)
    return {
        **detail,
        "label": redecode.decoding.label,
        "recovered_at": redecode.recovered_at,
        "sentence": recovery_sentence(redecode, demoted=redecode.variant != reference),
    }


def _checked(run: Path, named: Sequence[str], variant: str) -> Settings:
    """The settings of a run on this machine, after saying what is wrong with the rest."""
    settings = read_manifest(run).settings
    choose_variants(variant, settings)
    known = item_ids(run)
    for name in named:
        require_item(name, known)
    return settings

"""`illusion-tui ask`: a question of one's own, answered by every variant of a run."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from engine.analysis.metrics.gold import rank_text
from engine.analysis.outcomes import OUTCOME_MARKS, verdict_mark
from engine.analysis.pairing import choice_correct, outcome
from engine.records.errors import UserError
from engine.records.protocol import Ask, Event, ItemAsked, OpenRun, Request
from engine.records.scores import Score, ScoredItem
from engine.runs.known import located
from engine.runs.reading import read_manifest
from engine.text import displayable
from tui.commands.output import CONFIG, ENGINE, JSON, RUN_DIRECTORY, print_json
from tui.commands.talk import Talk
from tui.options.config import read_config
from tui.options.options import ModelOptions
from tui.options.planning import engine_command
from tui.state.asking import Typed, read_typed
from tui.state.state import variant_label

EXAMPLES = """[bold]Examples[/bold]

illusion-tui ask RUN "What is the capital of Chile?" --gold Santiago
illusion-tui ask RUN "What is the capital of Chile? = Santiago | Lima | Bogota"
illusion-tui ask RUN "Who wrote Faust?" --gold Goethe --stem "Faust was written by"
illusion-tui redecode RUN asked-1 --beam 8
"""


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(ask)


def ask(
    run: RUN_DIRECTORY,
    question: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION", help="The question, or 'question = right answer | other | other'."
        ),
    ],
    gold: Annotated[
        str | None,
        typer.Option(metavar="ANSWER", help="The right answer; without it there is no verdict."),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="TEXT",
            help="Another candidate of multiple choice; may be repeated. Without any they are "
            "borrowed from the run's items, if some are fitting.",
        ),
    ] = None,
    stem: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="The statement that the answer completes; without it the one that follows from "
            "the question, if any. Empty for none.",
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(metavar="TAG", help="Its language; without it the run's that fits."),
    ] = None,
    as_json: JSON = False,
    engine: ENGINE = None,
    config: CONFIG = None,
) -> None:
    """Ask every variant of a run a question of your own. It is kept in the run, beside its items,
    and counts in no figure; redecode and xray take it by its id."""
    from tui.commands.run_talk import RunTalk
    from tui.process.client import EngineClient
    from tui.process.headless import converse

    typed = _typed(question, gold, option or [])
    request = Ask(
        question=typed.question,
        gold=typed.gold,
        options=typed.options,
        stem=stem,
        language=language,
    )
    command = engine_command(ModelOptions(engine=engine), read_config(config))
    directory = str(run)
    if command is None:
        run = located(run)
        read_manifest(run)
        directory = str(run.absolute())
    talk = Talk()
    events = RunTalk(talk, quiet=True)
    answered: list[ScoredItem] = []

    def receive(event: Event) -> Request | None:
        events.tell(event)
        if isinstance(event, ItemAsked):
            talk.clear()
            answered.append(event.scored)
        return None

    try:
        converse(
            EngineClient(command), [OpenRun(directory=directory), request], receive, talk.stopping
        )
    finally:
        talk.clear()
    settings = events.state.settings
    for scored in answered:
        if as_json:
            print_json(_object(scored, settings.against, settings.recipes))
        else:
            print("\n".join(asked_lines(scored, settings.against, settings.recipes)))


def _typed(question: str, gold: str | None, options: list[str]) -> Typed:
    """What is asked, by options or in one line; raises `UserError` for options without a gold."""
    typed = Typed(question, gold or "", tuple(options))
    if gold is None and not options:
        typed = read_typed(question)
    if typed.options and not typed.gold:
        raise UserError("there are options, but no right answer", "Name it with --gold.")
    return typed


def asked_lines(scored: ScoredItem, reference: str, recipes: tuple[str, ...]) -> list[str]:
    """What every variant answers, for people."""
    item = scored.item
    lines = [f"{displayable(item.id)}  {displayable(item.question)}"]
    facts = {
        "gold": item.gold,
        "stem": f"{item.stem} …" if item.stem else "",
        "options": " | ".join(item.options),
        "note": "; ".join(scored.notes[1:]),
    }
    lines += [f"  {name:8}{displayable(value)}" for name, value in facts.items() if value]
    before = scored.scores[reference]
    labels = {name: displayable(variant_label(name)) for name in (reference, *recipes)}
    cells = max(map(len, labels.values()))
    for name, label in labels.items():
        score = scored.scores[name]
        became = None if name == reference else outcome(before, score)
        lines.append(f"{label:{cells}}  {_answer_text(score)}")
        figures = _figures(score)
        if became is not None:
            figures.insert(0, f"{OUTCOME_MARKS[became]} {became}")
        if figures:
            lines.append(f"{'':{cells}}    {', '.join(figures)}")
    return lines


def _answer_text(score: Score) -> str:
    if score.open is None:
        return "no open answer"
    mark = verdict_mark(score.open.judgement.correct)
    return f"{mark} {displayable(score.open.text.strip())}"


def _figures(score: Score) -> list[str]:
    figures = []
    if score.choice is not None:
        figures.append(f"choice {verdict_mark(choice_correct(score.choice))}")
    if score.gold is not None:
        figures.append(f"gold rank {rank_text(score.gold.rank)}")
        figures.append(f"probability {score.gold.probability:.3f}")
    return figures


def _object(scored: ScoredItem, reference: str, recipes: tuple[str, ...]) -> dict[str, Any]:
    """The item with its scores by variant, and each recipe's outcome."""
    detail: dict[str, Any] = msgspec.to_builtins(scored)
    before = scored.scores[reference]
    return {
        "item_id": scored.item.id,
        **detail,
        "outcomes": {name: outcome(before, scored.scores[name]) for name in recipes},
    }

"""`illusion-tui judge`: a saved run under another rule, without a model."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.records.settings import JudgeRule
from engine.runs.known import located
from tui.commands.output import JSON, MARKDOWN, RUN_DIRECTORY, one_form, print_report
from tui.commands.talk import Talk


def register(app: typer.Typer) -> None:
    app.command()(judge)


def judge(
    run: RUN_DIRECTORY,
    rule: Annotated[
        JudgeRule,
        typer.Option("--judge", metavar="RULE", help="containment, exact or f1."),
    ],
    as_json: JSON = False,
    markdown: MARKDOWN = False,
) -> None:
    """Judge every answer of a saved run again. The verdicts of its own rule stay in the run."""
    from engine.analysis.rejudging import judged_name, rejudge

    one_form(as_json=as_json, markdown=markdown)
    run = located(run)
    judged = rejudge(run, rule)
    print_report(judged, as_json=as_json, markdown=markdown)
    Talk().say(f"kept in {run / judged_name(rule)}")

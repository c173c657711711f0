"""`illusion-tui import`: other programs' evaluations as a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.records.settings import JudgeRule
from engine.runs.known import remember
from tui.commands.output import JSON, MARKDOWN, one_form, print_report
from tui.commands.talk import Talk

SAMPLES = "samples_*.jsonl of lm-evaluation-harness, details_*.parquet of lighteval, or a directory"
EXAMPLES = """[bold]Examples[/bold]

illusion-tui import dense/samples_arc.jsonl pruned/samples_arc.jsonl --out runs/arc
illusion-tui import details/dense details/pruned --language fr --out runs/fr
"""


def register(app: typer.Typer) -> None:
    app.command("import", epilog=EXAMPLES)(import_samples)


def import_samples(
    dense: Annotated[Path, typer.Argument(metavar="A", help=f"Of the dense model: {SAMPLES}.")],
    pruned: Annotated[
        Path, typer.Argument(metavar="B", help="The same of the compressed model, on one task.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="RUN", help="Run directory: a new or an empty directory."
        ),
    ],
    language: Annotated[
        str, typer.Option("--language", "-l", metavar="TAG", help="Language of the task.")
    ] = "und",
    rule: Annotated[
        JudgeRule,
        typer.Option("--judge", metavar="RULE", help="containment, exact or f1."),
    ] = "containment",
    as_json: JSON = False,
    markdown: MARKDOWN = False,
) -> None:
    """Read other programs' evaluations of two models into a run. What they don't hold is absent."""
    from engine.importing import import_runs

    one_form(as_json=as_json, markdown=markdown)
    run = import_runs(dense, pruned, out, language=language, rule=rule)
    remember(out)
    Talk().say(f"{len(run.items)} items in {out}; look at them with: illusion-tui open {out}")
    print_report(run, as_json=as_json, markdown=markdown)

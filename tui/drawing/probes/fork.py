"""Fork: how an answer goes on after a forced token."""

from __future__ import annotations

from engine.analysis.outcomes import verdict_mark
from engine.analysis.pooled import PooledFork
from engine.records.instruments.fork import ForkFinding
from engine.text import displayable, paragraphs, token_text
from tui.drawing.lines import Line, wrap
from tui.drawing.marks import verdict_paint
from tui.drawing.probes.labels import Labels


def fork_lines(finding: ForkFinding, labels: Labels, width: int) -> list[Line]:
    """The forced token, and the whole answer with its verdict."""
    instrument = finding.instrument
    forced = " ".join(map(token_text, finding.forced))
    where = "at the answer position"
    if instrument.position:
        whose = labels.dense if instrument.of == "dense" else labels.compressed
        where = f"after {instrument.position} tokens of the {displayable(whose)} answer"
    correct = finding.judgement.correct
    lines = wrap([(finding.sentence, "strong")], width)
    lines += wrap(
        [
            ("forced ", "dim"),
            (forced, "gold"),
            (f" {where}, then {displayable(labels.compressed)} goes on", "dim"),
        ],
        width,
    )
    answer = paragraphs(finding.text) or "(nothing)"
    mark = (f"{verdict_mark(correct)} ", verdict_paint(correct))
    lines += wrap([mark, (answer, "")], width, indent=2)
    facts = f"  {displayable(finding.judgement.explanation)}, {finding.tokens} tokens"
    return [*lines, *wrap([(facts, "dim")], width, indent=2)]


def pooled_fork_lines(pooled: PooledFork, width: int) -> list[Line]:
    """The figure of several items."""
    return wrap([(pooled.sentence, "strong")], width)

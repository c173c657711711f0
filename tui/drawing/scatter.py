"""Gold probabilities before and after, as a scatter plot in characters."""

from __future__ import annotations

from engine.analysis.outcomes import OUTCOME_MARKS
from tui.drawing.lines import Line
from tui.drawing.plots import FIRST_COLOR, painted

MOST_POINTS = 2_000
HEIGHT = 17
WIDEST = 76

Point = tuple[float, float]


def scatter_lines(
    points: dict[str, list[Point]], labels: tuple[str, str], width: int
) -> list[Line]:
    """The gold answer's first-token probability under both variants, a dot an item.

    On the diagonal nothing changed; below it the compressed variant finds the answer less likely.
    """
    total = sum(len(found) for found in points.values())
    if not total or width < 40:
        return []
    # Loading plotext takes a third of a second, which only who looks at a plot should pay for.
    from textual_plotext import Plot

    plot = Plot()
    plot.theme("clear")
    plot.plotsize(min(width, WIDEST), HEIGHT)
    plot.xlim(0, 1)
    plot.ylim(0, 1)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    plot.xticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks])
    plot.yticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks])
    plot.plot([0, 1], [0, 1], marker="braille", color=FIRST_COLOR + len(OUTCOME_MARKS))
    step = max(1, -(-total // MOST_POINTS))
    for number, outcome in enumerate(OUTCOME_MARKS):
        found = points.get(outcome, [])[::step]
        if found:
            before, after = zip(*found, strict=True)
            plot.scatter(before, after, marker="braille", color=FIRST_COLOR + number)
    heading = f"p(gold): {labels[0]} →, {labels[1]} ↑"
    note = f"every {step}th item; " if step > 1 else ""
    return [
        [(heading, "heading")],
        *painted(plot.build(), (*OUTCOME_MARKS, "dim")),
        [(f"{note}a dot an item, in its outcome's colour; the diagonal is no change", "dim")],
    ]

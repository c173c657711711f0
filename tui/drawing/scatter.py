"""Gold probabilities before and after, as a scatter plot in characters."""

from __future__ import annotations

from engine.analysis.outcomes import OUTCOME_MARKS
from tui.drawing.behind import linked
from tui.drawing.lines import Line
from tui.drawing.plots import FIRST_COLOR, painted

MOST_POINTS = 2_000
HEIGHT = 17
WIDEST = 76
ACROSS, DOWN = 2, 4
"""Dots of a character."""

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
        *_with_items(painted(plot.build(), (*OUTCOME_MARKS, "dim"))),
        [(f"{note}a dot an item, in its outcome's colour; the diagonal is no change", "dim")],
    ]


def _with_items(lines: list[Line]) -> list[Line]:
    """The plot with the items behind its dots: those whose probabilities a character stands for."""
    *_, bottom = (y for y, line in enumerate(lines) if "└" in _text(line))
    top = next(y for y, line in enumerate(lines) if "┌" in _text(line))
    left, right = _text(lines[bottom]).index("└"), _text(lines[bottom]).index("┘")
    across, down = right - left - 1, bottom - top - 1
    linked_lines = list(lines)
    for y in range(top + 1, bottom):
        line: Line = []
        x = 0
        for text, paint in lines[y]:
            if paint not in OUTCOME_MARKS:
                line.append((text, paint))
                x += len(text)
                continue
            for character in text:
                ranges = (
                    _range("dense_p", x - left - 1, across, ACROSS),
                    _range("p", bottom - 1 - y, down, DOWN),
                )
                shown = " ".join(filter(None, ranges))
                line.append((linked(character, shown, not character.isspace()), paint))
                x += 1
        linked_lines[y] = line
    return linked_lines


def _range(name: str, place: int, characters: int, dots: int) -> str:
    """The condition that a probability is drawn in the character at a place.

    plotext rounds a value to one of `characters * dots` dots, the first at 0 and the last at 1.
    """
    last = characters * dots - 1
    low, high = (place * dots - 0.5) / last, ((place + 1) * dots - 0.5) / last
    bounds = [f"{name}>={low:.5f}"] if low > 0 else []
    bounds += [f"{name}<{high:.5f}"] if high < 1 else []
    return " ".join(bounds)


def _text(line: Line) -> str:
    return "".join(text for text, _ in line)

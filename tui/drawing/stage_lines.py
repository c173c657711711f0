"""A beat on stage as a screen of lines: what was told before in a line each, and it in large."""

from __future__ import annotations

from collections.abc import Sequence

from engine.text import displayable, fit, truncated
from tui.drawing.large import Large, large
from tui.drawing.lines import Line, Piece, cropped, one_line, width_of, wrap
from tui.drawing.scenes import Beat

LABEL_CELLS = 14
MARGIN = 2
DONE, TO_COME = "●", "○"
BOLD = {"right": "right-strong", "wrong": "wrong-strong"}
"""The paints of text that is not made of blocks."""


def stage_lines(
    told: Sequence[Beat], to_come: int, where: str, run: str, width: int, height: int
) -> list[Line]:
    """The screen of the last beat that was told, in exactly `height` lines.

    Args:
        told: the beats so far, at least one.
        to_come: how many of the item follow.
        where: which item of how many it is.
        run: what model and variant the run is about.
        width: of the screen, in cells.
        height: of it.
    """
    room = max(width - 2 * MARGIN, 8)
    *past, beat = told
    lines: list[Line] = [_ends([(displayable(run), "dim")], [(where, "strong")], width), []]
    lines += [_past(one, room) for one in past]
    if past:
        lines.append([])
    lines += [*wrap(beat.caption, room)[:2], []]
    lines += _beat(beat, room, height - len(lines) - 2)
    lines = [lines[0], *(_indented(line) for line in lines[1:])]
    lines = [*lines[: height - 1], *([] for _ in range(height - 1 - len(lines)))]
    dots = DONE * len(told) + TO_COME * to_come
    keys: Line = [
        ("space", "key"), (" next   ", "dim"), ("←", "key"), (" back   ", "dim"),
        ("n p", "key"), (" item   ", "dim"), ("esc", "key"), (" leave", "dim"),
    ]  # fmt: skip
    return [*lines, _ends(keys, [(dots, "strong")], width)]


def _beat(beat: Beat, width: int, height: int) -> list[Line]:
    """A beat's large text, and as much of what stands below it as there is room for."""
    text, below = Large((), False, False), list[Line]()
    for cut in (False, True):
        below = beat.below(width, cut)
        kept = min(len(below), max(height // 3, 2))
        if kept < len(below):
            below = [*below[: kept - 1], [("…", "dim")]]
        text = large(beat.text, width, height - len(below) - bool(below))
        if not text.cut:
            break
    paint = beat.paint if text.drawn else BOLD.get(beat.paint, beat.paint)
    return [*([(line, paint)] for line in text.lines), *([[], *below] if below else [])]


def message_lines(message: str, hint: str, width: int, height: int) -> list[Line]:
    """What is said where no item can be shown."""
    room = max(width - 2 * MARGIN, 8)
    lines: list[Line] = [[], [], *wrap([(displayable(message), "strong")], room), []]
    lines += wrap([(displayable(hint), "")], room)
    lines = [_indented(line) for line in lines[: height - 1]]
    lines += [[] for _ in range(height - 1 - len(lines))]
    return [*lines, [(" ", ""), ("esc", "key"), (" leave", "dim")]]


def _past(beat: Beat, width: int) -> Line:
    label = truncated(beat.label, LABEL_CELLS - 2)
    return [
        (fit(label, LABEL_CELLS), "dim"),
        *one_line(beat.past, width - LABEL_CELLS),
    ]


def _indented(line: Line) -> Line:
    return [(" " * MARGIN, ""), *line] if line else line


def _ends(left: Sequence[Piece], right: Sequence[Piece], width: int) -> Line:
    """Pieces at the left and at the right edge; those on the left give way."""
    needed = width_of(right) + 2
    start = one_line(left, max(width - needed - 2, 1))
    gap = width - width_of(start) - needed
    return cropped([(" ", ""), *start, (" " * max(gap, 1), ""), *right, (" ", "")], width)

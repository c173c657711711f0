"""Items in groups: languages and slices of the summary, and the table of groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.analysis.conditions import condition
from engine.analysis.known_text import unanswered_text
from engine.analysis.outcomes import ABSENT, OUTCOME_MARKS
from engine.text import displayable, fit
from tui.drawing.behind import linked
from tui.drawing.lines import Line, Piece, wrap
from tui.drawing.manifest_lines import heading

if TYPE_CHECKING:
    from engine.analysis.groups import Subtotal
    from engine.analysis.slices import Slice
    from engine.analysis.statistics import ComparisonStatistics, Rung

MOST_LANGUAGES = 12
MOST_SLICES = 5
NAME = 9
"""Cells of a language in the summary."""

LEAST_NAME, MOST_NAME = 12, 34
COUNT, KNOWN, OUTCOME, SHARES, ILLUSION = 6, 7, 5, 11, 6
SHARE, SHARES_WIDE, ILLUSION_WIDE = 12, 28, 21
"""Cells of a share, both shares and the illusion where there is room for their intervals."""


def language_lines(
    statistics: ComparisonStatistics, labels: tuple[str, str], width: int
) -> list[Line]:
    """What the reference knows in every language, what became of it, and where it knows nothing."""
    lines: list[Line] = []
    _, *languages = statistics.groups
    if len(languages) > 1:
        wide = width >= NAME + COUNT + KNOWN + 2 * SHARES_WIDE
        cells = SHARES_WIDE if wide else SHARES + 2
        lines += heading(f"By language: known by {displayable(labels[0])}, and what became of it")
        head = (("", NAME), ("n", COUNT), ("known", KNOWN), ("open %", cells), ("choice %", cells))
        lines.append([(fit(text, room, align="right"), "dim") for text, room in head])
    names = [group.name for group in languages]
    for group in languages[:MOST_LANGUAGES] if len(languages) > 1 else ():
        rungs = {rung.measure: rung for rung in group.ladder}
        opened, chosen = rungs.get("open"), rungs.get("choice")
        here = condition("lang", group.name, names)
        known = opened.dense.right if opened else None
        lines.append(
            [
                (fit(displayable(group.name), NAME), ""),
                (linked(fit(f"{group.items}", COUNT, align="right"), here, group.items), ""),
                (_known(known, here), "" if known else "wrong"),
                *_shares(opened, cells),
                *_shares(chosen, cells),
            ]
        )
    if len(languages) > MOST_LANGUAGES:
        lines.append([(f"and {len(languages) - MOST_LANGUAGES} more in the export", "dim")])
    if told := unanswered_text(labels[0], statistics):
        lines += [] if lines else heading("Who could know it")
        lines += wrap([(displayable(told), "dim")], width)
    return lines


def slice_lines(slices: Sequence[Slice], width: int) -> list[Line]:
    """Where the illusion is largest."""
    if not slices:
        return []
    lines = heading("Largest illusion: open fell further than choice")
    for part in slices[:MOST_SLICES]:
        lines.append(
            [
                (fit(f"{displayable(part.by)} {displayable(part.value)}", 28), ""),
                (fit(points_text(part.illusion, "points"), 11, align="right"), "strong"),
                ("   n ", "dim"),
                (linked(f"{part.n}", part.filter, part.n), ""),
                (f"   known {part.known}", "dim"),
            ]
        )
    return lines


def group_table(title: str, groups: Sequence[Subtotal], width: int) -> tuple[Line, list[Line]]:
    """The heading, and a line for each group; all items are one, too."""
    bare = LEAST_NAME + COUNT + KNOWN + len(OUTCOME_MARKS) * OUTCOME
    shares = SHARES_WIDE if width >= bare + 2 * SHARES_WIDE + ILLUSION else SHARES
    wide = width >= bare + 2 * SHARES_WIDE + ILLUSION_WIDE
    illusion = ILLUSION_WIDE if wide else ILLUSION
    name = LEAST_NAME + max(0, min(width - bare - 2 * shares - illusion, MOST_NAME - LEAST_NAME))
    columns = [("n", COUNT, "dim"), ("known", KNOWN, "dim")]
    columns += [(mark, OUTCOME, outcome) for outcome, mark in OUTCOME_MARKS.items()]
    columns += [("open %", shares, "dim"), ("choice %", shares, "dim")]
    columns.append(("illusion" if wide else "gap", illusion, "dim"))
    head: Line = [(fit(displayable(title), name), "dim")]
    head += [(fit(text, room, align="right"), paint) for text, room, paint in columns]
    return head, [_group_line(one, name, shares, illusion) for one in groups]


def _group_line(one: Subtotal, name: int, shares: int, illusion: int) -> Line:
    line: Line = [
        (fit(displayable(one.value), name), "strong" if one.filter == "" else ""),
        (fit(f"{one.n:,}", COUNT, align="right"), ""),
        (_known(one.known, None), "" if one.known else "wrong"),
    ]
    for outcome in OUTCOME_MARKS:
        count = one.outcomes[outcome]
        line.append((fit(f"{count or '·'}", OUTCOME, align="right"), outcome if count else "dim"))
    for rung in (one.open, one.choice):
        line += _shares(rung, shares)
    found, interval = one.illusion, ""
    # Where the reference knows nothing, nothing can be demoted.
    if found is None or not one.known:
        return [*line, (fit(ABSENT, illusion, align="right"), "dim")]
    if illusion >= ILLUSION_WIDE and found.low is not None and found.high is not None:
        interval = f" [{points_text(found.low)} to {points_text(found.high)}]"
    gap = fit(points_text(found.value), illusion - len(interval), align="right")
    return [*line, (gap, "strong"), (interval, "dim")]


def points_text(difference: float, unit: str = "") -> str:
    """A difference of shares in percentage points, with its sign."""
    rounded = round(100 * difference)
    return f"{f'{rounded:+d}' if rounded else '0'} {unit}".rstrip().replace("-", "−")


def _known(count: int | None, here: str | None) -> str:
    """How many the reference answers, with these items behind it where `here` shows the group."""
    text = fit(ABSENT if count is None else f"{count:,}", KNOWN, align="right")
    return linked(text, here and f"{here} dense_answer_correct:right", count or 0)


def _shares(rung: Rung | None, room: int) -> list[Piece]:
    """Both shares in percent, with intervals where there is room."""
    if rung is None:
        return [(fit(ABSENT, room, align="right"), "dim")]
    if room < SHARES_WIDE:
        text = f"{100 * rung.dense.share:.0f} → {100 * rung.pruned.share:.0f}"
        return [(fit(text, room, align="right"), "")]
    pieces: list[Piece] = [(" " * (room - 2 * SHARE - 3), "")]
    for proportion, lead in ((rung.dense, ""), (rung.pruned, " → ")):
        interval = f" [{100 * proportion.low:.0f}–{100 * proportion.high:.0f}]"
        pieces += [
            (f"{lead}{100 * proportion.share:3.0f}", "strong"),
            (fit(interval, SHARE - 3), "dim"),
        ]
    return pieces

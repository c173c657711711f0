"""Along: both greedy answers token by token, with the gold's rank at every step."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from engine.analysis.metrics.gold import rank_text
from engine.analysis.pooled import PooledAlong
from engine.records.instruments.along import AlongFinding, AlongPath
from engine.records.scores import TokenScore
from engine.text import displayable, fit, isolated, token_text, truncated
from tui.drawing.lines import Line, columns, wrap
from tui.drawing.marks import bar, percent_text
from tui.drawing.probes.labels import Labels

GAP = 3


def along_lines(
    finding: AlongFinding, labels: Labels, width: int, cursor: int | None = None
) -> list[Line]:
    """The two answers next to each other, then both models' likeliest tokens where they part.

    `cursor` is a token of the compressed answer that is pointed at.
    """
    lines = wrap([(displayable(finding.sentence), "strong")], width)
    note = f"at every step the rank and the probability of {token_text(finding.token)}"
    lines += wrap([(note, "dim")], width)
    room = (width - GAP) // 2
    rooms = (room, width - GAP - room)
    blocks = [
        _path(path, label, finding.parts_at, room, at)
        for path, label, at in (
            (finding.dense, labels.dense, None),
            (finding.compressed, labels.compressed, cursor),
        )
    ]
    lines += columns(blocks, rooms, GAP)
    if finding.parts_at is not None:
        title = f"Where they part: token {finding.parts_at + 1}"
        tops = [
            _top(finding.dense_top, finding.token, room),
            _top(finding.compressed_top, finding.token, room),
        ]
        lines += [[], [(title, "heading")], *columns(tops, rooms, GAP)]
    return lines


def pooled_along_lines(pooled: PooledAlong, width: int) -> list[Line]:
    """How many answers part at which token."""
    lines = wrap([(pooled.sentence, "strong")], width)
    rows = [(f"token {token}", count) for token, count in pooled.parts.items()]
    rows += [("don't part", pooled.together)] if pooled.together else []
    room = max(min(width - 12 - 16, 40), 5)
    for name, count in rows:
        share = count / pooled.items
        lines.append(
            [
                (fit(name, 12), "dim"),
                (bar(share, room), "bar"),
                (fit(str(count), 6, align="right"), ""),
                (fit(f"{100 * share:.0f} %", 7, align="right"), "dim"),
            ]
        )
    return lines


def _path(
    path: AlongPath, label: str, parts_at: int | None, width: int, cursor: int | None
) -> list[Line]:
    names = [token_text(step.token.text) for step in path.steps]
    numbers = 3 + 1 + 8 + 8
    cells = max(min(max(map(cell_len, names), default=1) + 1, 24, width - numbers - 2), 6)
    room = max(min(width - numbers - cells - 2, 20), 0)
    lines: list[Line] = [[(truncated(displayable(label), width), "dim")]]
    for number, (step, name) in enumerate(zip(path.steps, names, strict=True)):
        text = truncated(name, cells - 1)
        parts = number == parts_at
        lines.append(
            [
                (f"{number + 1:>3}", "active" if number == cursor else "dim"),
                ("›" if number == cursor else "▸" if parts else " ", "key"),
                (isolated(text), "strong" if parts or number == cursor else ""),
                (" " * (cells - cell_len(text)), ""),
                (fit(f"#{rank_text(step.gold_rank)}", 8), "gold" if step.gold_rank == 1 else ""),
                (bar(step.gold_probability, room), "bar-gold"),
                (fit(percent_text(step.gold_probability), 8, align="right"), ""),
            ]
        )
    return lines


def _top(tokens: Sequence[TokenScore], gold: str, width: int) -> list[Line]:
    lines: list[Line] = []
    cells = max(min(max((cell_len(token_text(t.text)) for t in tokens), default=1) + 1, 24), 6)
    room = max(min(width - 4 - cells - 8, 20), 0)
    for token in tokens:
        text = truncated(token_text(token.text), cells - 1)
        mine = token.text == gold
        lines.append(
            [
                (fit(f"{token.rank}", 3, align="right"), "dim"),
                ("▸" if mine else " ", "gold"),
                (isolated(text), "gold" if mine else ""),
                (" " * (cells - cell_len(text)), ""),
                (bar(token.probability, room), "bar"),
                (fit(percent_text(token.probability), 8, align="right"), ""),
            ]
        )
    return lines

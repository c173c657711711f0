"""Restore: a signed bar for every block, beside what each of its matrices gains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.analysis.pooled import PooledRestore
from engine.records.instruments.instrument import signed
from engine.records.instruments.restore import BlockGain, MatrixGain, RestoreFinding
from engine.text import displayable, fit
from tui.drawing.lines import Line, wrap
from tui.drawing.probes.bars import signed_bar
from tui.drawing.probes.labels import Labels

BLOCK, NUMBER = 5, 8
NARROW = 100
"""Below so many cells of width the columns stand closer together."""
SHORTEST_BAR, LONGEST_BAR = 9, 61


def restore_lines(finding: RestoreFinding, labels: Labels, width: int) -> list[Line]:
    """What the gold answer gains when a block, or one of its matrices, is dense again."""
    facts = (
        f"log-probability of {displayable(finding.answer)}: "
        f"{displayable(labels.dense)} {signed(finding.dense)}, "
        f"{displayable(labels.compressed)} {signed(finding.compressed)}; "
        "what it gains in nats when a part is dense again"
    )
    return [
        *wrap([(displayable(finding.sentence), "strong")], width),
        *wrap([(facts, "dim")], width),
        *_blocks(finding.blocks, width),
    ]


def pooled_restore_lines(pooled: PooledRestore, width: int) -> list[Line]:
    """The same on the mean of several items."""
    facts = (
        f"mean over {pooled.items} items of the gold answer's log-probability: "
        f"dense {signed(pooled.dense)}, compressed {signed(pooled.compressed)}; "
        "what it gains in nats when a part is dense again"
    )
    return [
        *wrap([(pooled.sentence, "strong")], width),
        *wrap([(facts, "dim")], width),
        *_blocks(pooled.blocks, width),
    ]


def _blocks(blocks: Sequence[BlockGain], width: int) -> list[Line]:
    names = short_names([matrix.name for matrix in blocks[0].matrices]) if blocks else []
    alike = all(len(block.matrices) in (0, len(names)) for block in blocks)
    cells = 6 if width < NARROW else 7
    columns = width - BLOCK - NUMBER - cells * len(names) - 1
    in_columns = bool(names) and alike and columns >= SHORTEST_BAR
    room = columns if in_columns else width - BLOCK - NUMBER - 20
    room = max(min(room, LONGEST_BAR), SHORTEST_BAR)
    scale = max((abs(block.gain) for block in blocks), default=1.0)
    head = [fit(f" {name}", cells, align="right") for name in names] if in_columns else []
    lines: list[Line] = [
        [("block", "dim"), (" " * (room + NUMBER), ""), (" ", ""), ("".join(head), "dim")]
    ]
    for number, block in enumerate(blocks):
        lines.append(
            [
                (fit(f"{number:>4}", BLOCK), "dim"),
                *signed_bar(block.gain, scale, room),
                (fit(signed(block.gain), NUMBER, align="right"), "strong"),
                (" ", ""),
                *(_cells(block.matrices, cells) if in_columns else _strongest(block.matrices)),
            ]
        )
    return lines


def _cells(matrices: Sequence[MatrixGain], cells: int) -> Line:
    return [
        (fit(signed(one.gain), cells, align="right"), "dim" if abs(one.gain) < 0.05 else "")
        for one in matrices
    ]


def _strongest(matrices: Sequence[MatrixGain]) -> Line:
    if not matrices:
        return []
    one = max(matrices, key=lambda matrix: abs(matrix.gain))
    return [(f"{short_names([one.name])[0]} {signed(one.gain)}", "dim")]


def short_names(names: Sequence[str]) -> list[str]:
    """Matrices by the last part of their name: "q", "down"; by more of it where that is not one."""
    short = [displayable(name.rsplit(".", 1)[-1].removesuffix("_proj")) for name in names]
    twice = {name for name, count in Counter(short).items() if count > 1}
    return [
        displayable(".".join(name.split(".")[-2:])) if own in twice else own
        for own, name in zip(short, names, strict=True)
    ]

"""Which drawing is for which instrument; one that has none is told in its sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.analysis.pooled import (
    Pooled,
    PooledAlong,
    PooledDepth,
    PooledFork,
    PooledRestore,
)
from engine.records.instruments.instrument import Finding
from engine.text import displayable
from tui.drawing.lines import Line, wrap
from tui.drawing.probes.along import along_lines, pooled_along_lines
from tui.drawing.probes.depth import depth_lines, pooled_depth_lines
from tui.drawing.probes.fork import fork_lines, pooled_fork_lines
from tui.drawing.probes.labels import Labels
from tui.drawing.probes.patch import patch_lines
from tui.drawing.probes.restore import pooled_restore_lines, restore_lines
from tui.drawing.probes.slider import slider_lines

DRAWINGS: dict[str, Callable[[Any, Labels, int], list[Line]]] = {
    "depth": depth_lines,
    "restore": restore_lines,
    "fork": fork_lines,
    "along": along_lines,
    "slider": slider_lines,
    "patch": patch_lines,
}


def finding_lines(finding: Finding, labels: Labels, width: int) -> list[Line]:
    """What an instrument found of an item."""
    draw = DRAWINGS.get(finding.name)
    if draw is None:
        return wrap([(displayable(finding.sentence), "")], width)
    return draw(finding, labels, width)


def pooled_lines(pooled: Pooled, width: int) -> list[Line]:
    """What an instrument found of many items together."""
    match pooled:
        case PooledDepth():
            return pooled_depth_lines(pooled, width)
        case PooledRestore():
            return pooled_restore_lines(pooled, width)
        case PooledFork():
            return pooled_fork_lines(pooled, width)
        case PooledAlong():
            return pooled_along_lines(pooled, width)

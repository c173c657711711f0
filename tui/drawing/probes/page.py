"""The tab of an instrument: what it found, what it is at, and its figure of the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.analysis.outcomes import verdict_mark
from engine.analysis.pooled import Pooled
from engine.records.instruments.along import AlongFinding
from engine.records.instruments.fork import ForkFinding
from engine.records.instruments.instrument import Finding, Instrument
from engine.records.instruments.slider import SliderFinding, SliderPoint
from engine.records.scores import Score
from engine.text import displayable, paragraphs
from tui.drawing.lines import Line, one_line, wrap
from tui.drawing.marks import track, verdict_paint
from tui.drawing.probes.along import along_lines
from tui.drawing.probes.labels import Labels
from tui.drawing.probes.registry import finding_lines, pooled_lines
from tui.drawing.probes.slider import OwnPoint, curve_lines, slide_lines, token_lines
from tui.state.probes import LiveProbe

AGAIN = {
    "slider": "← → move it, s again draws the whole curve",
    "patch": "p again asks the other way round",
    "along": "← → choose a token, f forks the compressed answer there",
    "fork": "in a (along) ← → choose where, then f forks there",
}
"""What more can be asked of an instrument."""


@dataclass(frozen=True)
class InstrumentPage:
    """What the tab of an instrument shows.

    Attributes:
        kind: with its defaults.
        wanted: as it is asked for.
        findings: of the item, the latest first.
        live: at work on the item, or as it failed.
        over_all: at work on several items, or as it failed.
        figure: of the recognition-only items that it was applied to.
        recognition_only: how many such items there are.
        own: the variant's scores in the run.
        percent: where the slider stands.
        own_percent: the variant's sparsity, if it has one.
        step: the token of the answer that the cursor is at.
        stage: what the engine is at before it can begin, such as loading the model; may be empty.
    """

    kind: Instrument
    wanted: Instrument
    findings: Sequence[Finding]
    live: LiveProbe | None
    over_all: LiveProbe | None
    figure: Pooled | None
    recognition_only: int
    own: Score
    percent: int
    own_percent: int | None
    step: int
    stage: str

    @property
    def finding(self) -> Finding | None:
        """What is wanted, as it was found or as far as it has come."""
        for one in self.findings:
            if one.instrument == self.wanted:
                return one
        partial = None if self.live is None else self.live.partial
        return partial if partial is not None and partial.instrument == self.wanted else None


def instrument_lines(page: InstrumentPage, labels: Labels, width: int) -> list[Line]:
    """What an instrument says of an item, then of all that it was applied to."""
    text = AGAIN.get(page.kind.name, "") if page.finding else page.kind.help
    lines = [*(wrap([(text, "dim")], width) if text else ()), *_live(page.live, page.stage, width)]
    lines += _of_all(page, width)
    if page.kind.name == "slider":
        lines += _slider(page, width)
    elif page.finding is not None:
        lines += [*([[]] if lines else []), *_found(page, page.finding, labels, width)]
    if page.kind.pooled:
        lines += [[], *_all(page, width)]
    return lines


def _found(page: InstrumentPage, finding: Finding, labels: Labels, width: int) -> list[Line]:
    match finding:
        case AlongFinding():
            return along_lines(finding, labels, width, cursor=page.step)
        case ForkFinding():
            return [*_unforced(page.own, labels, width), *finding_lines(finding, labels, width)]
    return finding_lines(finding, labels, width)


def _unforced(own: Score, labels: Labels, width: int) -> list[Line]:
    if own.open is None:
        return []
    correct = own.open.judgement.correct
    mark = (f"{verdict_mark(correct)} ", verdict_paint(correct))
    heading: Line = [(f"{displayable(labels.compressed)} by itself", "dim")]
    text = paragraphs(own.open.text.strip())
    return [heading, *wrap([mark, (text, "")], width, indent=2), []]


def _slider(page: InstrumentPage, width: int) -> list[Line]:
    points: dict[int, SliderPoint] = {}
    token = ""
    live = page.live.partial if page.live is not None else None
    for finding in (*page.findings, *([live] if live is not None else ())):
        if isinstance(finding, SliderFinding):
            points |= {point.percent: point for point in finding.points}
            token = finding.token
    lines = slide_lines(page.percent, width)
    if not points:
        return lines
    gold = page.own.gold
    own = None
    if gold is not None and page.own_percent is not None:
        own = OwnPoint(page.own_percent, gold.rank, gold.probability)
    curve = [points[percent] for percent in sorted(points)]
    lines += curve_lines(curve, page.percent, own, token, width)
    here = points.get(page.percent)
    return lines if here is None else [*lines, [], *token_lines(here, token, width)]


def _live(live: LiveProbe | None, stage: str, width: int) -> list[Line]:
    if live is None:
        return []
    if not live.running:
        return wrap([(displayable(live.failure), "wrong")], width)
    detail = displayable(live.detail or stage or "waiting for the engine")
    share = f" {100 * live.share:3.0f} %  "
    return [[*track(live.share, 20), (share, ""), (detail, "dim")]]


def _of_all(page: InstrumentPage, width: int) -> list[Line]:
    """One line on top: how far all items are, or what they say together."""
    if page.over_all is not None:
        return _live(page.over_all, page.stage, width)
    if page.figure is None or page.finding is None:
        return []
    figure = displayable(page.figure.sentence)
    return [one_line([("all: ", "key"), (figure, "dim")], width)]


def _all(page: InstrumentPage, width: int) -> list[Line]:
    """The figure of the run, and how to get it."""
    lines: list[Line] = [[("All recognition-only items", "heading")]]
    if page.figure is not None:
        if page.figure.items < page.recognition_only:
            so_far = f"so far {page.figure.items} of {page.recognition_only}"
            lines += wrap([(so_far, "dim")], width)
        return [*lines, *pooled_lines(page.figure, width)]
    if page.over_all is None and page.recognition_only:
        text = f" applies it to all {page.recognition_only} of them"
        lines.append([("A", "key"), (text, "dim")])
    elif not page.recognition_only:
        lines.append([("there are none", "dim")])
    return lines

"""What the screen says of re-decodes: pure functions from records to lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.analysis.recovery_text import recovery_sentence
from engine.records.decodings.decoding import Decoding
from engine.records.hypotheses import Redecode
from engine.records.settings import DENSE
from engine.text import displayable, fit
from tui.drawing.hypothesis_lines import (
    Names,
    around_gold,
    hypothesis_line,
    hypothesis_lines,
    note_pieces,
    result_mark,
)
from tui.drawing.lines import Line, Piece, columns, one_line, wrap
from tui.drawing.marks import decimal, track
from tui.state.decodes import LiveDecode, VariantDecode

GAP, LEAST_CELLS = 3, 36
"""Between results that stand beside each other, and of each of them."""

LEAST_HYPOTHESES = 3
"""With room for so many lines more, the latest of several re-decodes is shown in full."""


@dataclass(frozen=True)
class ItemDecodes:
    """The re-decodes of one item.

    Attributes:
        results: the latest first.
        live: what runs or waits, and what ended without a result.
        target: what the next re-decode runs on, as it is called on screen.
        keys: how the key of an action is written, by its id.
        reference: the variant that stands on the left of the others.
    """

    results: Sequence[Redecode]
    live: Sequence[LiveDecode]
    names: Names
    target: str
    keys: Mapping[str, str]
    reference: str = DENSE

    @property
    def pending(self) -> list[tuple[LiveDecode, VariantDecode]]:
        """Each re-decode of a variant that has no result."""
        return [(decode, part) for decode in self.live for part in decode.pending]

    @property
    def groups(self) -> list[list[Redecode]]:
        """The results of every decoding, the reference's first; the latest decoding first."""
        groups: dict[Decoding, list[Redecode]] = {}
        for result in self.results:
            groups.setdefault(result.decoding, []).append(result)
        return [
            sorted(group, key=lambda result: result.variant != self.reference)
            for group in groups.values()
        ]


def overview_lines(decodes: ItemDecodes, width: int, height: int) -> list[Line]:
    """Re-decodes of one item in few lines: what runs, else what came back and how."""
    results, pending, names = decodes.results, decodes.pending, decodes.names
    if not results and not pending:
        return hint_lines(decodes, width)
    if len(results) + len(pending) == 1 and height > 1:
        return (
            live_lines(*pending[0], names, width)
            if pending
            else _alone(results[0], names, width, height)
        )[:height]
    lines = [live_lines(decode, part, names, width)[0] for decode, part in pending]
    latest = decodes.groups[0] if results else []
    if not _fit_beside(latest, width):
        latest = list(results[:1])
    ordered = [*latest, *(result for result in results if result not in latest)]
    brief = [
        one_line([*_heading(result, names), ("  ", ""), *_inline(result, names)], width)
        for result in ordered
    ]
    room = height - len(lines) - len(brief)
    if results and room >= LEAST_HYPOTHESES:
        # The latest decoding in full, above the others.
        count = len(latest)
        brief[:count] = group_lines(latest, names, width)[: room + count]
    return [*lines, *brief][:height]


def _alone(result: Redecode, names: Names, width: int, height: int) -> list[Line]:
    """The only result of an item: a line for each hypothesis where they fit, else run together."""
    if height > 3:
        return result_lines(result, names, width)
    return [
        one_line(_heading(result, names), width),
        *wrap([("  ", ""), *_inline(result, names)], width),
    ]


def full_lines(decodes: ItemDecodes, width: int) -> list[Line]:
    """Re-decodes of one item with every hypothesis on a line.

    What runs comes first, then the latest result.
    """
    if not decodes.results and not decodes.live:
        return hint_lines(decodes, width)
    blocks = [live_lines(decode, part, decodes.names, width) for decode, part in decodes.pending]
    blocks += [group_lines(group, decodes.names, width) for group in decodes.groups]
    lines: list[Line] = []
    for block in blocks:
        lines += [*([[]] if lines else []), *block]
    return lines


def hint_lines(decodes: ItemDecodes, width: int) -> list[Line]:
    """What to press where nothing was re-decoded yet."""
    keys: list[Piece] = []
    for name in ("beam", "sample", "one-shot"):
        keys += [(decodes.keys[name], "key"), (f" {name}   ", "dim")]
    keys += [(decodes.keys["target"], "key"), (f" on {decodes.target}", "dim")]
    return (
        [one_line([("Bring the answer back:  ", "dim"), *keys], width)]
        if width > 70
        else wrap([("Bring the answer back:\n", "dim"), *keys], width)
    )


def result_lines(result: Redecode, names: Names, width: int) -> list[Line]:
    """A finished re-decode: where the gold answer came back, then the hypotheses."""
    lines = wrap(_heading(result, names), width, indent=2)
    for pieces in note_pieces(result, names):
        lines += wrap([("  ", ""), *pieces], width, indent=2)
    if result.hypotheses and result.hypotheses[0].score is not None:
        lines.append([(f"  ranked by {result.measure}", "dim")])
    return lines + hypothesis_lines(result, width)


def group_lines(group: Sequence[Redecode], names: Names, width: int) -> list[Line]:
    """The results of one decoding, each variant's beside the other's where there is room."""
    if _fit_beside(group, width):
        room = (width - GAP * (len(group) - 1)) // len(group)
        blocks = [result_lines(result, names, room) for result in group]
        return columns(blocks, [room] * len(group), GAP)
    lines: list[Line] = []
    for result in group:
        lines += [*([[]] if lines else []), *result_lines(result, names, width)]
    return lines


def _fit_beside(group: Sequence[Redecode], width: int) -> bool:
    return len(group) > 1 and width >= len(group) * (LEAST_CELLS + GAP) - GAP


def live_lines(
    decode: LiveDecode, part: VariantDecode, names: Names, width: int, *, named: bool = True
) -> list[Line]:
    """A running re-decode of one variant: its progress and what it has so far.

    Where it stands in a table, it need not be `named`.
    """
    name = f"{names.variant(part.variant)}  {displayable(decode.decoding.label)}" if named else ""
    lines: list[Line] = [one_line(_status(decode, part, name, width), width)]
    if part.found:
        return lines + [
            hypothesis_line(found, str(number), width)
            for number, found in enumerate(part.found, start=1)
        ]
    for number, text in enumerate(part.texts, start=1):
        pieces: list[Piece] = [
            (fit(str(number), 3, align="right") + "   ", "dim"),
            (displayable(text.strip(" ")), "dim"),
        ]
        lines.append(one_line(pieces, width))
    return lines


def _status(decode: LiveDecode, part: VariantDecode, name: str, width: int) -> list[Piece]:
    named: list[Piece] = [(name, "strong"), ("  ", "")] if name else []
    head: list[Piece] = [("· ", "active"), *named]
    if decode.failure:
        return [("✗ ", "wrong"), *named, (displayable(decode.failure), "wrong")]
    if decode.cancelled:
        return [*head, ("cancelled", "dim")]
    if decode.over:
        return [*head, ("ended without a result", "dim")]
    if not part.steps:
        return [*head, ("waiting for its turn", "dim")]
    size = 12 if width > 60 else 6
    return [
        *head,
        *track(part.step / part.steps, size),
        (f" step {part.step} of {part.steps}", "dim"),
        ("  c", "key"),
        (" cancels", "dim"),
    ]


def _heading(result: Redecode, names: Names) -> list[Piece]:
    demoted = names.demoted(result.item_id, result.variant)
    decoding = result.decoding
    # The sentence of a single hypothesis begins with the decoding's name.
    told = decoding.order == "single" and decoding.label == decoding.heading
    label = "" if told else f"  {displayable(decoding.label)}"
    paint = "right" if result.recovered_at else "dim"
    return [
        (f"{result_mark(result, demoted=demoted)} ", paint),
        (f"{names.variant(result.variant)}{label}", "strong"),
        ("  ", ""),
        (recovery_sentence(result, demoted=demoted), paint),
    ]


def _inline(result: Redecode, names: Names) -> list[Piece]:
    """The hypotheses one after the other, the right ones first."""
    numbered = list(enumerate(result.hypotheses, start=1))
    numbered.sort(key=lambda pair: not pair[1].judgement.correct)
    pieces: list[Piece] = []
    for position, hypothesis in numbered:
        lead = f"{hypothesis.count}×" if result.decoding.order == "counted" else f"{position}"
        pieces.append((f"{lead} ", "dim"))
        pieces += around_gold(hypothesis.text, hypothesis.judgement, 32)
        pieces.append((f" {decimal(hypothesis.figure, 1)}   ", "dim"))
    for note in note_pieces(result, names):
        pieces += [*note, ("   ", "")]
    return pieces

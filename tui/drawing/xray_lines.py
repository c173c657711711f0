"""What the x-ray says of an item: pure functions from records to lines."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len

from engine.analysis.metrics.gold import rank_text
from engine.analysis.outcomes import ABSENT
from engine.records.scores import GoldScore, Score, TokenScore
from engine.text import displayable, fit, isolated, paragraphs, token_text, truncated
from tui.drawing.lines import Line, Piece, columns, wrap
from tui.drawing.marks import bar, decimal, percent_text, rank_paint
from tui.drawing.score_lines import (
    NO_STEM,
    answer_lines,
    choice_lines,
    divergence_lines,
    shown_pieces,
)
from tui.state.rows import Row

GAP = 3
NUMBER = 4
BREAKS = " ◂ breaks"
SIDE_BY_SIDE = 70

Block = Callable[[int], list[Line]]
"""Lays out a part for a width."""


def xray_lines(row: Row, labels: tuple[str, str], width: int) -> list[Line]:
    """An item in full: tokens, alternatives, answers, options, prompt, record."""
    borrowed = row.item.distractors is not None
    options = "Options, borrowed from other items' answers" if borrowed else "Options"
    blocks = [
        _token_block(row, labels, width),
        _side_by_side(_answers(row.reference), _answers(row.variant), labels, "Answers", width),
        _side_by_side(
            _top(row.reference), _top(row.variant), labels, "Likeliest first tokens", width
        ),
        _side_by_side(_options(row.reference), _options(row.variant), labels, options, width),
        _record(row, width),
        _prompt(row, width),
        _passage(row, width),
    ]
    lines: list[Line] = []
    for block in filter(None, blocks):
        lines += [*([[]] if lines else []), *block]
    return lines


def _token_block(row: Row, labels: tuple[str, str], width: int) -> list[Line]:
    """Every gold token under both variants, and where the compressed one breaks."""
    before, after = row.reference.gold, row.variant.gold
    lines: list[Line] = [[("Gold answer, token by token", "heading")]]
    if before is None and after is None:
        return [*lines, [("no ranks in this run", "dim")]]
    marked = row.scored.after_stem
    if not marked:
        lines += wrap([(NO_STEM, "dim")], width)
    same = before is None or after is None or before.answer == after.answer
    if same and width >= SIDE_BY_SIDE:
        return lines + _gold_rows((before, after), labels, width, marked=marked)
    if not same:
        text = "the variants do best on different answers, so their tokens are not the same"
        lines += wrap([(text, "dim")], width)
    for gold, label in zip((before, after), labels, strict=True):
        lines += _gold_rows((gold,), (label,), width, marked=marked)
    return lines


def _gold_rows(
    golds: tuple[GoldScore | None, ...], labels: tuple[str, ...], width: int, *, marked: bool
) -> list[Line]:
    """A line for every gold token, with rank, bar and probability under each variant.

    Where a rank tells something, the ones behind the first are `marked`.
    """
    known = next((gold for gold in golds if gold is not None), None)
    if known is None:
        return []
    names = [token_text(token.text) for token in known.tokens]
    cells = min(max(map(cell_len, names)) + 2, 24, width // 4)
    room = (width - NUMBER - cells - GAP * (len(golds) - 1) - len(BREAKS)) // len(golds)
    head: Line = [(" " * (NUMBER + cells), "")]
    for label in labels:
        head += [(fit(displayable(label), room), "dim"), (" " * GAP, "")]
    lines = [head[:-1]]
    broken = False
    for number, name in enumerate(names):
        line: Line = [(fit(str(number + 1), NUMBER), "dim"), *_name(name, cells)]
        for gold in golds:
            line += [*_measures(gold, number, room, marked=marked), (" " * GAP, "")]
        line.pop()
        last = golds[-1]
        if marked and last is not None and last.tokens[number].rank > 1 and not broken:
            broken = True
            line.append((BREAKS, "wrong"))
        lines.append(line)
    of: Line = [(" " * NUMBER + "of the answer ", "dim"), (displayable(known.answer), "strong")]
    return lines + wrap(of, width, indent=NUMBER)


def _name(name: str, cells: int) -> list[Piece]:
    text = truncated(name, cells - 2)
    return [(isolated(text), "strong"), (" " * (cells - cell_len(text)), "")]


def _measures(gold: GoldScore | None, number: int, width: int, *, marked: bool) -> list[Piece]:
    """Rank, bar and probability of one gold token in `width` cells."""
    if gold is None or number >= len(gold.tokens):
        return [(fit(ABSENT, width), "dim")]
    token = gold.tokens[number]
    rank = fit(f"rank {rank_text(token.rank)}", 10)
    percent = fit(percent_text(token.probability), 8, align="right")
    room = max(min(width - len(rank) - len(percent), 40), 0)
    space = max(width - len(rank) - len(percent) - room, 0)
    return [
        (rank, rank_paint(token.rank, marked=marked)),
        (bar(token.probability, room), "bar"),
        (percent, ""),
        (" " * space, ""),
    ]


def _side_by_side(
    before: Block, after: Block, labels: tuple[str, str], title: str, width: int
) -> list[Line]:
    if width < SIDE_BY_SIDE:
        parts = []
        for block, label in zip((before, after), labels, strict=True):
            lines = block(width)
            parts += [[(displayable(label), "dim")], *lines] if lines else []
        return [[(title, "heading")], *parts] if parts else []
    room = (width - GAP) // 2
    blocks = [
        [[(truncated(displayable(label), room), "dim")], *block(room)]
        for block, label in zip((before, after), labels, strict=True)
    ]
    if all(len(block) == 1 for block in blocks):
        return []
    return [[(title, "heading")], *columns(blocks, (room, width - GAP - room), GAP)]


def _answers(score: Score) -> Block:
    def block(width: int) -> list[Line]:
        lines: list[Line] = []
        if score.open is not None:
            lines += answer_lines(score.open, width, most=200)
            facts = []
            if score.open.tokens is not None:
                facts.append(f"{score.open.tokens} token{'s' * (score.open.tokens != 1)}")
            if score.open.log_probability is not None:
                facts.append(f"log-probability {decimal(score.open.log_probability)}")
            judgement = score.open.judgement
            if judgement.correct is not None:
                facts += [
                    f"exact {_yes(judgement.exact)}",
                    f"containment {_yes(judgement.containment)}",
                    f"F1 {judgement.f1:.2f}",
                ]
            lines += wrap([("  " + ", ".join(facts), "dim")], width, indent=2)
        if score.shown is not None:
            lines += wrap([("candidates shown:", "dim")], width)
            lines += wrap(shown_pieces(score.shown), width, indent=2)
        return lines

    return block


def _top(score: Score) -> Block:
    def block(width: int) -> list[Line]:
        if score.gold is None:
            return []
        gold_id = score.gold.tokens[0].id
        names = [token_text(token.text) for token in score.gold.top]
        cells = min(max((cell_len(name) for name in names), default=1) + 2, 24)
        lines = []
        for token, name in zip(score.gold.top, names, strict=True):
            lines.append(_top_line(token, name, cells, width, gold=token.id == gold_id))
        if all(token.id != gold_id for token in score.gold.top):
            lines.append([("    the gold token stands further down", "dim")])
        if score.top_margin is not None:
            text = f"    margin of the first over the second {score.top_margin:.3f}"
            lines.append([(truncated(text, width), "dim")])
        return lines

    return block


def _top_line(token: TokenScore, name: str, cells: int, width: int, *, gold: bool) -> Line:
    percent = fit(percent_text(token.probability), 8, align="right")
    room = max(min(width - 4 - cells - len(percent), 40), 0)
    text = truncated(name, cells - 2)
    return [
        (fit(str(token.rank), 4), "dim"),
        (isolated(text), "gold" if gold else ""),
        (" " * (cells - cell_len(text)), ""),
        (bar(token.probability, room), "bar"),
        (percent, ""),
    ]


def _options(score: Score) -> Block:
    def block(width: int) -> list[Line]:
        lines: list[Line] = []
        if score.choice is not None:
            lines += choice_lines("choice", score.choice, width, roomy=True)
            for option in score.choice.options:
                per_token = (
                    f", {decimal(option.log_likelihood / option.tokens)} per token"
                    if option.tokens
                    else ""
                )
                text = (
                    f"{decimal(option.log_likelihood):>8} in sum{per_token}, "
                    f"{decimal(option.log_likelihood / max(option.bytes, 1))} per byte"
                )
                name = truncated(displayable(option.text), max(width - len(text) - 10, 6))
                lines.append([("       ", ""), (truncated(f"{name}  {text}", width - 7), "dim")])
        if score.letter is not None:
            lines += choice_lines("letter", score.letter, width, roomy=True)
        return lines + divergence_lines(score, width)

    return block


def _record(row: Row, width: int) -> list[Line]:
    item = row.item
    facts = [
        ("id", item.id),
        ("language", item.language),
        ("question", item.question),
        ("stem", item.stem or ""),
        ("gold", item.gold),
        ("aliases", " · ".join(item.aliases)),
        ("kind", item.kind or ""),
        ("distractors", item.distractors or ""),
        ("notes", " · ".join(row.scored.notes)),
    ]
    lines: list[Line] = [[("Item", "heading")]]
    for name, value in facts:
        if value:
            lines += wrap([(fit(name, 13), "dim"), (displayable(value), "")], width, indent=13)
    return lines


def _prompt(row: Row, width: int) -> list[Line]:
    title: Line = [("Prompt, as the model saw it", "heading")]
    return [title, *wrap([(paragraphs(row.scored.prompt), "")], width)]


def _passage(row: Row, width: int) -> list[Line]:
    if not row.item.passage:
        return []
    title: Line = [("Passage", "heading")]
    return [title, *wrap([(paragraphs(row.item.passage), "")], width)]


def _yes(value: bool) -> str:
    return "yes" if value else "no"

"""What the details say of one item: pure functions from records to lines."""

from __future__ import annotations

from rich.cells import cell_len

from engine.analysis.outcomes import ABSENT, OVERRULED_MARK, verdict_mark
from engine.records.annotations import NOTHING, Annotation
from engine.records.items import BORROWED
from engine.records.scores import Answer, ChoiceScore, GoldScore, Score, ScoredItem, TokenScore
from engine.text import displayable, fit, isolated, paragraphs, room_for, token_text, truncated
from tui.drawing.lines import Line, Piece, one_line, width_of, wrap
from tui.drawing.marks import bar, percent_text, rank_paint, verdict_paint
from tui.drawing.note_lines import note_pieces, tag_pieces

LABEL = 7
"""Cells of the words at the left edge."""

TOKEN_CELLS = 16
RANK_CELLS = 2 + 9 + 8
"""What stands beside a token at least: a gap, its rank, its probability."""

MOST_TOKENS, FEW_TOKENS = 12, 4

NO_STEM = "no stem: right answers may begin otherwise"
"""Why a gold rank tells little."""


def question_lines(
    scored: ScoredItem, width: int, height: int, annotation: Annotation = NOTHING
) -> list[Line]:
    """The question with its gold answer, aliases and what is noted of it, in `height` lines."""
    item = scored.item
    tags, note = tag_pieces(annotation), note_pieces(annotation)
    gold: list[Piece] = [("gold   ", "dim"), (displayable(item.gold) or ABSENT, "strong")]
    if item.distractors is not None and BORROWED not in scored.notes:
        gold.append((f"   {BORROWED}", "dim"))
    if item.aliases:
        gold += [("   also  ", "dim"), (" · ".join(map(displayable, item.aliases)), "")]
    if item.passage:
        gold += [("   passage  ", "dim"), (f"{len(item.passage):,} characters, x shows it", "dim")]
    elif item.stem and height > 1:
        gold += [("   stem  ", "dim"), (displayable(item.stem) + " …", "dim")]
    gold += [(f"   {displayable(note)}", "dim") for note in scored.notes]
    question: Line = [
        (f"{displayable(item.language)}  ", "dim"),
        (displayable(item.question), "title"),
    ]
    if height == 1:
        both = [*tags, *question, ("   ", ""), *gold, *note]
        return [one_line(both, width)]
    name = truncated(displayable(item.id), width // 3)
    question = one_line(question, width - cell_len(name) - 2)
    space = " " * (width - width_of(question) - width_of([(name, "")]))
    return [[*question, (space, ""), (name, "dim")], one_line([*tags, *gold, *note], width)]


def pair_lines(
    reference: Score, variant: Score, width: int, *, roomy: bool, after_stem: bool = True
) -> tuple[list[Line], list[Line]]:
    """Two scores, each in `width` cells, the same part of both on the same lines.

    Ranks that are not `after_stem` tell little.
    """
    left: list[Line] = []
    right: list[Line] = []
    parts = zip(
        score_blocks(reference, width, roomy=roomy, after_stem=after_stem),
        score_blocks(variant, width, roomy=roomy, after_stem=after_stem),
        strict=True,
    )
    for before, after in parts:
        height = max(len(before), len(after))
        if height:
            for side, block in ((left, before), (right, after)):
                gap: list[Line] = [[]] if side and roomy else []
                side.extend((*gap, *block, *([] for _ in range(height - len(block)))))
    return left, right


def score_blocks(
    score: Score, width: int, *, roomy: bool, after_stem: bool = True
) -> list[list[Line]]:
    """A score's parts: answer, gold tokens, alternatives, options, letters, shown, divergence.

    Where it is `roomy` every option has a line of its own.
    """
    nothing = "not scored yet" if score == Score() else "no open answer in this run"
    absent: list[Line] = [[(nothing, "dim")]]
    gold, choice, letter, shown = score.gold, score.choice, score.letter, score.shown
    return [
        absent if score.open is None else answer_lines(score.open, width),
        [] if gold is None else gold_lines(gold, width, roomy=roomy, after_stem=after_stem),
        [] if gold is None else top_lines(gold, width, roomy=roomy),
        [] if choice is None else choice_lines("choice", choice, width, roomy=roomy),
        [] if letter is None else choice_lines("letter", letter, width, roomy=False),
        [
            *([] if shown is None else labelled("shown", shown_pieces(shown), width)),
            *divergence_lines(score, width),
        ],
    ]


def answer_lines(answer: Answer, width: int, most: int = 12) -> list[Line]:
    """The verdict, the answer with what was matched marked, and why."""
    judgement = answer.judgement
    mark = verdict_paint(judgement.correct)
    by_hand = OVERRULED_MARK if answer.overruled else ""
    lines = wrap(
        [(f"{verdict_mark(judgement.correct)}{by_hand} ", mark), *marked_pieces(answer)],
        width,
        indent=2,
    )
    if len(lines) > most:
        lines = [*lines[:most], [("  …", "dim"), (" x shows the whole answer", "dim")]]
    why = answer.explanation
    if judgement.answer and judgement.correct:
        why += f": {displayable(judgement.answer)}"
    return [*lines, *wrap([("  ", ""), (displayable(why), "dim")], width, indent=2)]


def marked_pieces(answer: Answer) -> list[Piece]:
    """The raw answer with the matched span marked, leading spaces dropped."""
    text, judgement = answer.text, answer.judgement
    if judgement.start is None or judgement.end is None or judgement.end <= judgement.start:
        return [(paragraphs(text.strip(" ")) or "∅", "")]
    return [
        (paragraphs(text[: judgement.start].lstrip(" ")), ""),
        (paragraphs(text[judgement.start : judgement.end]), "gold"),
        (paragraphs(text[judgement.end :].rstrip(" ")), ""),
    ]


def gold_lines(gold: GoldScore, width: int, *, roomy: bool, after_stem: bool = True) -> list[Line]:
    """The gold tokens with rank and probability; where there are too many, the worst is kept.

    Where they are not `after_stem`, it says so, and no rank is marked.
    """
    most = MOST_TOKENS if roomy else FEW_TOKENS
    tokens = list(gold.tokens)
    shown = list(range(min(len(tokens), most)))
    worst = max(range(len(tokens)), key=lambda number: tokens[number].rank)
    if worst >= most:
        shown[-1] = worst
    names = [token_text(tokens[number].text) for number in shown]
    room = max(min(TOKEN_CELLS, width - LABEL - RANK_CELLS), 2)
    cells = min(max(map(room_for, names), default=1), room)
    lines = []
    for number, name in zip(shown, names, strict=True):
        label = "gold" if number == 0 else "worst" if number == worst >= most else ""
        token = tokens[number]
        pieces = token_pieces(token, name, cells, width - LABEL, marked=after_stem)
        lines.append([(fit(label, LABEL), "dim"), *pieces])
    if len(tokens) > most and roomy:
        more = f"{len(tokens) - most} more tokens, x shows them"
        lines.append([(" " * LABEL, ""), (truncated(more, width - LABEL), "dim")])
    if not after_stem:
        lines.append([(" " * LABEL, ""), (truncated(NO_STEM, width - LABEL), "dim")])
    return lines


def token_pieces(
    token: TokenScore, name: str, cells: int, width: int, *, marked: bool = True
) -> Line:
    """A gold token in `width` cells: the token, its rank, a bar, its probability."""
    percent = fit(percent_text(token.probability), 8, align="right")
    rank = fit(f"rank {token.rank}", 11 if width >= 46 else 9)
    room = width - cells - 2 - len(rank) - len(percent)
    line: Line = [
        (fit(name, cells), "strong"),
        ("  ", ""),
        (rank, rank_paint(token.rank, marked=marked)),
    ]
    if room >= 4:
        line.append((bar(token.probability, min(room, 40)), "bar"))
    return [*line, (percent, "")]


def top_lines(gold: GoldScore, width: int, *, roomy: bool) -> list[Line]:
    """The likeliest tokens at the answer position; the gold one is marked."""
    gold_id = gold.tokens[0].id
    pieces: list[Piece] = []
    for number, token in enumerate(gold.top):
        paint = "gold" if token.id == gold_id else ""
        name = truncated(token_text(token.text), TOKEN_CELLS)
        pieces += [("  " if number else "", ""), (name, paint)]
        unit = " %" if number == 0 else ""
        pieces += [(f" {_whole_percent(token.probability)}{unit}", "dim")]
    return labelled("next", _unbroken(pieces), width)[: 3 if roomy else 1]


def choice_lines(label: str, choice: ChoiceScore, width: int, *, roomy: bool) -> list[Line]:
    """The options with their probabilities; the chosen one and the gold one are marked."""
    chosen = choice.chosen()
    probabilities = choice.probabilities
    mark: Piece = (verdict_mark(choice.correct), "right" if choice.correct else "wrong")
    if not roomy:
        pieces: list[Piece] = [mark]
        for index in sorted(range(len(choice.options)), key=lambda i: -probabilities[i]):
            name = truncated(displayable(choice.options[index].text), TOKEN_CELLS)
            unit = " %" if len(pieces) == 1 else ""
            pieces += [("  " if len(pieces) > 1 else " ", "")]
            pieces += [(name, _option_paint(index, chosen, choice.gold_index))]
            pieces += [(f" {_whole_percent(probabilities[index])}{unit}", "dim")]
        return labelled(label, _unbroken(pieces), width)[:2]
    room = width - LABEL
    names = [displayable(option.text) for option in choice.options]
    cells = min(max(map(cell_len, names)), max(room // 3, 10), max(room - 18, 2))
    lines = []
    for index, name in enumerate(names):
        chosen_mark: Piece = mark if index == chosen else (" ", "")
        role = "gold" if index == choice.gold_index else ""
        used = 2 + cells + 2 + 8 + 6
        line: Line = [
            (fit(label if index == 0 else "", LABEL), "dim"),
            chosen_mark,
            (" ", ""),
            *_padded(name, cells, _option_paint(index, chosen, choice.gold_index)),
            ("  ", ""),
        ]
        if room - used >= 4:
            line.append((bar(probabilities[index], min(room - used, 40)), "bar"))
        line += [(fit(percent_text(probabilities[index]), 8, align="right"), "")]
        line += [(f"  {role}", "dim")] if role else []
        lines.append(line)
    return lines


def shown_pieces(answer: Answer) -> list[Piece]:
    """The answer that was given with the candidates in the prompt."""
    mark = verdict_paint(answer.judgement.correct)
    return [(f"{verdict_mark(answer.judgement.correct)} ", mark), *marked_pieces(answer)]


def divergence_lines(score: Score, width: int) -> list[Line]:
    """The divergences from the reference; nothing for the reference itself."""
    parts = []
    if score.kl_options is not None:
        parts.append(f"options {score.kl_options:.2f}")
    if score.kl_vocabulary is not None:
        parts.append(f"vocabulary {score.kl_vocabulary:.2f}")
    if not parts:
        return []
    unit = " nats" if width >= 46 else ""
    return labelled("KL", [(" · ".join(parts) + unit, "")], width)[:1]


def labelled(label: str, pieces: list[Piece], width: int) -> list[Line]:
    """Pieces behind a word at the left edge, wrapped beside it."""
    return wrap([(fit(label, LABEL), "dim"), *pieces], width, indent=LABEL)


def _padded(text: str, cells: int, paint: str) -> list[Piece]:
    """A text in so many cells; the padding is not painted."""
    text = truncated(text, cells)
    return [(isolated(text), paint), (" " * (cells - cell_len(text)), "")]


def _option_paint(index: int, chosen: int, gold: int) -> str:
    return "gold" if index == gold else "strong" if index == chosen else ""


def _whole_percent(probability: float) -> str:
    value = 100 * probability
    return f"{value:.0f}" if value >= 0.95 else f"{value:.1f}" if value >= 0.05 else "~0"


def _unbroken(pieces: list[Piece]) -> list[Piece]:
    """Keep names with their numbers: spaces inside them become no-break spaces."""
    kept: list[Piece] = []
    for text, paint in pieces:
        kept.append((text if text.isspace() else text.replace(" ", "\u00a0"), paint))
    return kept

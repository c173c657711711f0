"""What is told of one item on stage, beat by beat: pure functions from records to beats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len

from engine.analysis.outcomes import RIGHT, WRONG, verdict_mark
from engine.analysis.recovery_text import recovery_sentence
from engine.records.hypotheses import Hypothesis, Redecode
from engine.records.scores import Answer, ChoiceScore, GoldScore, Judgement
from engine.text import displayable, fit, isolated, token_text, truncated
from tui.drawing.hypothesis_lines import around_gold
from tui.drawing.lines import Line, Piece, one_line, wrap
from tui.drawing.marks import bar, percent_text, verdict_paint
from tui.drawing.score_lines import marked_pieces
from tui.state.staging import Scene

NAME_CELLS, FIGURE_CELLS, BAR_CELLS = 24, 9, 40
MOST_OPTIONS, MOST_AHEAD = 6, 4
RECOVER = "--recover beam=8,sample=16,one-shot"

Below = Callable[[int, bool], list[Line]]


@dataclass(frozen=True)
class Beat:
    """One thing that is told.

    Attributes:
        label: names it once it is over.
        past: what stays of it then, in a line.
        caption: says what the large text is.
        text: large, displayable.
        paint: of that.
        below: draws what stands under it, in so many cells; with the whole text where the large one
            is cut.
    """

    label: str
    past: tuple[Piece, ...]
    caption: tuple[Piece, ...]
    text: str
    paint: str
    below: Below


def beats(scene: Scene) -> list[Beat]:
    """What is told of an item, in order; what its scores don't have is left out."""
    before, after = scene.reference, scene.variant
    reference, variant = scene.labels
    found: list[Beat | None] = [_question(scene)]
    if before.open is not None:
        found.append(_answer(before.open, reference))
    if after.open is not None:
        found.append(_answer(after.open, variant))
    if after.choice is not None:
        found.append(_choice(after.choice, variant))
    if before.gold is not None and after.gold is not None and scene.scored.after_stem:
        found.append(_rank(before.gold, after.gold, scene.labels))
    found.append(_recovery(scene))
    return [beat for beat in found if beat is not None]


def _question(scene: Scene) -> Beat:
    item = scene.scored.item
    text = displayable(item.question)

    def below(width: int, cut: bool) -> list[Line]:
        lines: list[Line] = wrap([(text, "")], width) if cut else []
        if item.stem:
            pieces: list[Piece] = [("the models go on from  ", "dim"), (displayable(item.stem), "")]
            lines += wrap([*pieces, (" …", "dim")], width)
        if item.passage:
            lines += wrap([(displayable(item.passage), "dim")], width)
        return lines

    caption: tuple[Piece, ...] = (("the question", "strong"),)
    return Beat("question", ((text, ""),), caption, text, "strong", below)


def _answer(answer: Answer, label: str) -> Beat:
    """A greedy answer: of a right one the answer itself is large, of a wrong one all of it."""
    judgement = answer.judgement
    paint, mark = verdict_paint(judgement.correct), verdict_mark(judgement.correct)
    text = _matched(answer.text, judgement) or displayable(answer.text.strip()) or "∅"
    whole = text == displayable(answer.text.strip())

    def below(width: int, cut: bool) -> list[Line]:
        why = wrap([(displayable(answer.explanation), "dim")], width)
        return [*wrap(marked_pieces(answer), width), *why] if cut or not whole else why

    word = "right" if judgement.correct else "wrong"
    label = displayable(label)
    return Beat(
        label,
        ((f"{mark} ", paint), (displayable(answer.text.strip(" ")) or "∅", "")),
        ((label, "strong"), (" answers by itself:  ", ""), (f"{mark} {word}", paint)),
        f"{mark} {text}",
        paint,
        below,
    )


def _choice(choice: ChoiceScore, label: str) -> Beat:
    chosen, probabilities = choice.chosen(), choice.probabilities
    mark, paint = verdict_mark(choice.correct), verdict_paint(choice.correct)
    text = displayable(choice.options[chosen].text.strip()) or "∅"
    order = sorted(range(len(choice.options)), key=probabilities.__getitem__, reverse=True)

    def below(width: int, cut: bool) -> list[Line]:
        return [
            _measured(
                f"{RIGHT if index == choice.gold_index else ' '} {choice.options[index].text}",
                percent_text(probabilities[index]),
                probabilities[index],
                width,
                "right" if index == choice.gold_index else "",
            )
            for index in order[:MOST_OPTIONS]
        ]

    still = "still picks the right one" if choice.correct else "picks a wrong one"
    amount = f"{percent_text(probabilities[chosen])} among {len(choice.options)} options"
    return Beat(
        "choice",
        ((f"{mark} ", paint), (text, ""), (f"   {amount}", "dim")),
        (
            ("given the options, ", ""),
            (displayable(label), "strong"),
            (f" {still}:  ", ""),
            (f"{mark} {'right' if choice.correct else 'wrong'}", paint),
        ),
        f"{mark} {text}",
        paint,
        below,
    )


def _rank(before: GoldScore, after: GoldScore, labels: tuple[str, str]) -> Beat | None:
    """How far the gold answer fell; None where it did not."""
    first = before.rank != after.rank
    if first:
        fall = (before.rank, after.rank)
        token = token_text(after.tokens[0].text)
        caption: list[Piece] = [("the answer's first token ", ""), (token, "strong")]
        caption.append((" among all that could come next:  ", ""))
    elif before.worst_rank != after.worst_rank:
        fall = (before.worst_rank, after.worst_rank)
        caption = [("the answer breaks half way, its worst token:  ", "")]
    else:
        return None
    text = f"{fall[0]:,} → {fall[1]:,}"
    caption.append((f"rank {text}", "strong"))

    def below(width: int, cut: bool) -> list[Line]:
        lines: list[Line] = [[("its probability", "dim")]]
        for label, score in zip(labels, (before, after), strict=True):
            probability = score.probability
            lines.append(_measured(label, percent_text(probability), probability, width, ""))
        ahead = after.outranking[:MOST_AHEAD]
        if first and ahead:
            names = "   ".join(f"{one.rank} {token_text(one.text)}" for one in ahead)
            lines.append(one_line([("now ahead of it:  ", "dim"), (names, "")], width))
        return lines

    probabilities = f"{percent_text(before.probability)} → {percent_text(after.probability)}"
    past = ((text, ""), (f"   probability {probabilities}", "dim"))
    return Beat("rank", past, tuple(caption), text, "strong", below)


def _recovery(scene: Scene) -> Beat:
    """The decoding that brings the answer back; what to do where none is stored that does."""
    result = scene.recovery
    if result is None:
        return _no_recovery(scene)
    hypothesis = next(one for one in result.hypotheses if one.judgement.correct)
    text = _matched(hypothesis.text, hypothesis.judgement) or displayable(hypothesis.text.strip())

    def below(width: int, cut: bool) -> list[Line]:
        return [_told(hypothesis, width), *(_also(one, width) for one in scene.results[1:])]

    said = displayable(recovery_sentence(result))
    return Beat(
        "back",
        ((f"{RIGHT} ", "right"), (text, ""), (f"   {said}", "dim")),
        (
            (displayable(scene.labels[1]), "strong"),
            (" again, another decoding:  ", ""),
            (f"{RIGHT} {said}", "right"),
        ),
        f"{RIGHT} {text}",
        "right",
        below,
    )


def _no_recovery(scene: Scene) -> Beat:
    tried = scene.results
    text = "not brought back" if tried else "not tried yet"
    said = (
        "no stored re-decode brings it back" if tried else "this run holds no re-decode of the item"
    )

    def below(width: int, cut: bool) -> list[Line]:
        hint = f"Press b, s or o on it in the inspector, or score the run again with {RECOVER}."
        return [*(_also(one, width) for one in tried), *wrap([(hint, "")], width)]

    caption: tuple[Piece, ...] = ((f"{WRONG} {said}", "strong"),)
    return Beat("back", ((said, "dim"),), caption, text, "dim", below)


def _told(hypothesis: Hypothesis, width: int) -> Line:
    return around_gold(hypothesis.text, hypothesis.judgement, width)


def _also(result: Redecode, width: int) -> Line:
    """What another decoding did, in a line."""
    mark = verdict_mark(result.recovered_at is not None)
    paint = verdict_paint(result.recovered_at is not None)
    said = displayable(recovery_sentence(result))
    line: list[Piece] = [(f"{mark} ", paint), (said, "")]
    if result.decoding.label != result.decoding.heading:
        line.append((f"   {displayable(result.decoding.label)}", "dim"))
    return one_line(line, width)


def _measured(name: str, figure: str, share: float, width: int, paint: str) -> Line:
    """A name, its share as a figure, and that as a bar where there is room."""
    cells = min(NAME_CELLS, max(width - FIGURE_CELLS, 1))
    name = truncated(displayable(name), cells)
    line: Line = [(isolated(name), paint or "strong"), (" " * (cells - cell_len(name)), "")]
    line.append((fit(figure, FIGURE_CELLS, align="right"), ""))
    room = min(width - cells - FIGURE_CELLS - 2, BAR_CELLS)
    return [*line, ("  ", ""), (bar(share, room), paint or "bar")] if room > 3 else line


def _matched(text: str, judgement: Judgement) -> str:
    """The words of a right answer that made it right; empty where they are not known."""
    start, end = judgement.start, judgement.end
    if not judgement.correct or start is None or end is None or end <= start:
        return ""
    return displayable(text[start:end].strip())

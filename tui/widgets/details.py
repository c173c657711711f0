"""The item under the cursor: its question, both scores side by side, its re-decodes."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from engine.analysis.outcomes import OVERRULED_MARK, verdict_mark
from engine.records.annotations import NOTHING, Annotation
from engine.records.scores import Score, ScoredItem
from engine.text import displayable
from tui.drawing.decode_lines import ItemDecodes, full_lines, overview_lines
from tui.drawing.lines import Line
from tui.drawing.score_lines import pair_lines, question_lines
from tui.state.rows import Row
from tui.widgets.paint import Board, Sheet

ROOMY_LINES = 17
"""Lines from which on every option has one of its own."""


class QuestionBoard(Board):
    """The question, its gold answer and aliases."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._scored: ScoredItem | None = None
        self._annotation = NOTHING

    def show(self, scored: ScoredItem | None, annotation: Annotation = NOTHING) -> None:
        if scored is not self._scored or annotation != self._annotation:
            self._scored, self._annotation = scored, annotation
            self.redraw()

    def lines(self, width: int) -> list[Line]:
        """One line or two, as many as the widget has."""
        if self._scored is None:
            return []
        lines = question_lines(self._scored, width - 2, self.size.height, self._annotation)
        return [[(" ", ""), *line] for line in lines]


class DecodeBoard(Board):
    """Re-decodes of an item in a few lines, for screens without room for a third pane."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: ItemDecodes | None = None

    def show(self, shown: ItemDecodes | None) -> None:
        """Show the re-decodes of an item."""
        self._shown = shown
        self.redraw()

    def lines(self, width: int) -> list[Line]:
        """What runs, then the latest results."""
        shown = self._shown
        if shown is None:
            return []
        lines = overview_lines(shown, width - 2, self.size.height)
        return [[(" ", ""), *line] for line in lines]


class PairDetails(Horizontal):
    """Reference and variant next to each other, and the re-decodes where there is room."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._titles = ["", ""]

    def compose(self) -> ComposeResult:
        """Three sheets; the style sheet hides the last one on narrow screens."""
        for name in ("reference-sheet", "variant-sheet", "decode-sheet"):
            sheet = Sheet(id=name)
            # The table keeps the keys; the details scroll by keys of their own.
            sheet.can_focus = False
            yield sheet

    def show(self, row: Row | None, titles: tuple[str, str], redecodes: ItemDecodes | None) -> None:
        """Show a row (None: nothing), from the top where it is another item."""
        scores = (row.reference, row.variant) if row else None
        self._titles = [
            _title(title, scores[side] if scores else None) for side, title in enumerate(titles)
        ]
        for side, sheet in enumerate(self._sides):
            after_stem = row is None or row.scored.after_stem
            sheet.show(partial(_lay_out, scores, side, sheet, after_stem), top=True)
        decodes = self.query_one("#decode-sheet", Sheet)
        decodes.border_title = Content("re-decoded")
        self.show_decodes(redecodes)

    def show_targets(self, *targets: bool) -> None:
        """Mark the sides that the next re-decode runs on."""
        for sheet, title, target in zip(self._sides, self._titles, targets, strict=True):
            sheet.border_title = Content(f"{'▸ ' if target else ''}{title}")

    @property
    def _sides(self) -> tuple[Sheet, Sheet]:
        return self.query_one("#reference-sheet", Sheet), self.query_one("#variant-sheet", Sheet)

    def show_decodes(self, redecodes: ItemDecodes | None) -> None:
        """Show other re-decodes of the same item."""

        def draw(width: int) -> list[Line]:
            if redecodes is None:
                return []
            return full_lines(redecodes, width)

        self.query_one("#decode-sheet", Sheet).show(draw)

    def scroll_lines(self, by: int) -> None:
        """Scroll all sheets together."""
        for sheet in self.query(Sheet):
            sheet.scroll_to(y=sheet.scroll_target_y + by, animate=False)


def _lay_out(
    scores: tuple[Score, Score] | None, side: int, sheet: Sheet, after_stem: bool, width: int
) -> list[Line]:
    if scores is None:
        return []
    roomy = sheet.size.height >= ROOMY_LINES
    return pair_lines(*scores, width, roomy=roomy, after_stem=after_stem)[side]


def _title(label: str, score: Score | None) -> str:
    text = displayable(label)
    if score is None:
        return text
    correct = score.open.judgement.correct if score.open else None
    by_hand = OVERRULED_MARK if score.open and score.open.overruled else ""
    return f"{text} {verdict_mark(correct)}{by_hand}"

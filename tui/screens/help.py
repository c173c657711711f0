"""Keys and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from rich.cells import cell_len

from engine.analysis.metrics.registry import in_columns
from engine.analysis.outcomes import OUTCOMES
from engine.records.decodings.registry import kinds
from engine.text import displayable, fit
from tui.acting import ActingApp, Opening, shown_keys
from tui.actions import RUN, Action
from tui.drawing.lines import Line, columns, wrap
from tui.screens.base import RunScreen
from tui.screens.page import PageScreen
from tui.state.session import Session
from tui.state.state import Change

WORDS = (
    (
        "item",
        "One question with its gold answers: the first is canonical, the rest are aliases.",
    ),
    ("dense", "The model as it is. A compressed variant is compared with it."),
    (
        "variant",
        "The model under a recipe: wanda 45 % has 45 % of its linear weights set to zero.",
    ),
    (
        "stem",
        "The statement that the answer completes. It makes the answer's first token the next one.",
    ),
    ("open answer", "What the model writes when it always takes the likeliest token (greedy)."),
    ("choice", "Which of the options has the highest log-likelihood after the prompt."),
    ("shown", "The answer the model writes when the options are listed in the prompt."),
    ("known", "What the dense model answers. No other answer can be demoted, or brought back."),
    ("★ # ✎", "The item is starred, has tags, has a note."),
    ("✓! and ✗!", "A person corrected the judge's verdict, and this one counts."),
    (
        "recovery, ↩",
        "A re-decode that brought the gold answer back, and the position of the right hypothesis.",
    ),
    (
        "asked, ?",
        "A question of your own: in the table and in the run, but in no figure, and in an export "
        "only with --asked.",
    ),
)

TWO_COLUMNS = 120
KEY_CELLS = 7
"""At least so many are the keys'."""


class HelpScreen(PageScreen):
    """Every key of the app, and what the words mean."""

    OPENS = Opening(
        RunScreen,
        "help",
        "question_mark",
        "help",
        "This page.",
        RUN,
        footer=9,
        shown="?",
    )

    def __init__(self, session: Session, actions: Mapping[str, Sequence[Action]]) -> None:
        super().__init__(session)
        self._actions = actions

    @classmethod
    def opened_from(cls, host: RunScreen) -> HelpScreen | None:
        if isinstance(host, cls) or not isinstance(host.app, ActingApp):
            return None
        app = host.app
        every = app.every_action().items()
        return cls(host.session, {group: [*map(app.as_bound, some)] for group, some in every})

    def changed(self, change: Change) -> None:
        """Nothing here depends on the run."""

    def draw(self) -> None:
        self.present("Help", "", partial(lay_out, self._actions))


def lay_out(actions: Mapping[str, Sequence[Action]], width: int) -> list[Line]:
    """Keys by heading and words, next to each other where there is room."""
    if width < TWO_COLUMNS:
        return [*_words(width), [], *_keys(actions, width)]
    half = (width - 4) // 2
    return columns((_words(half), _keys(actions, half)), (half, half), 4)


def _words(width: int) -> list[Line]:
    from engine.analysis.filters import FILTER_HELP

    lines: list[Line] = [[("What you see", "heading")]]
    about = (
        "Compressed models keep picking the right option while they stop writing the right "
        "answer. Each row is one question, answered by the dense model and by a compressed "
        "variant. Where the choice stays right and the open answer goes wrong, the answer is "
        "often demoted, not gone: beam search, samples or one example bring it back."
    )
    lines += wrap([(about, "")], width)
    lines += [[], [("Outcomes", "heading")]]
    for name, mark, meaning in OUTCOMES:
        head = [(f"{mark} {fit(name, 18)}", name), (meaning, "")]
        lines += wrap(head, width, indent=20)
    lines += [[], [("Words", "heading")]]
    for word, text in WORDS:
        lines += wrap([(fit(word, 15), "strong"), (text, "")], width, indent=15)
    lines += [[], [("Decodings", "heading")]]
    for kind in kinds().values():
        head = [(fit(displayable(kind.title), 20), "strong"), (displayable(kind.help), "")]
        lines += wrap(head, width, indent=20)
    lines += [[], [("Filters", "heading")]]
    lines += wrap([(FILTER_HELP[0].upper() + FILTER_HELP[1:] + ".", "")], width)
    lines += [[], [("What can be filtered by, and what it means", "heading")]]
    for metric in in_columns():
        names = ", ".join(metric.filter_names)
        lines += wrap([(f"{names}  ", "strong"), (displayable(metric.help), "")], width, indent=2)
    return lines


def _keys(actions: Mapping[str, Sequence[Action]], width: int) -> list[Line]:
    lines: list[Line] = []
    for group, members in actions.items():
        cells = max(KEY_CELLS, *(cell_len(shown_keys(action)) + 2 for action in members))
        lines += [*([[]] if lines else []), [(group, "heading")]]
        for action in members:
            head = [(fit(shown_keys(action), cells), "key"), (action.help, "")]
            lines += wrap(head, width, indent=cells)
    return lines

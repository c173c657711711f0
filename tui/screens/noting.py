"""Star, tag, note and overrule: keys of a screen that lists items, and what they ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Static

from engine.records.errors import UserError, in_one_line
from engine.text import displayable
from tui.actions import NOTE, Action
from tui.screens.base import RunScreen
from tui.state.annotations import Notebook
from tui.state.session import Session
from tui.widgets.line_input import LineInput

TOLD_SECONDS = 2.0
LOOK_SECONDS = 2.0
"""So often it is looked whether another process noted something of the run."""


class NotingScreen(RunScreen):
    """A screen over items that a person may note something of."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            "asterisk", "star", "star", "Star this item, or take its star away.", NOTE, shown="*"
        ),
        Action(
            "number_sign", "tag", "tag", "Give this item tags, or take them away.", NOTE, shown="#"
        ),
        Action("N", "note", "note", "Write a note on this item.", NOTE),
        Action(
            "exclamation_mark",
            "overrule",
            "overrule",
            "Correct the verdict on the target's open answer; again leaves it to the judge.",
            NOTE,
            shown="!",
        ),
        Action(
            "A",
            "note_all",
            "all shown",
            "Star, tag, note or overrule all the items that are shown.",
            NOTE,
        ),
        Action(
            "U,ctrl+z",
            "undo_note",
            "undo",
            "Take the last of these back, then the one before it, and so on.",
            NOTE,
        ),
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.notebook = Notebook(session)
        self._looking = True

    def on_mount(self) -> None:
        self.set_interval(LOOK_SECONDS, self.look)

    # -- what a subclass knows ------------------------------------------------------------

    @property
    def selected_id(self) -> str | None:
        """Id of the item under the cursor."""
        raise NotImplementedError

    @property
    def shown_ids(self) -> Sequence[str]:
        """Ids of all the items that are shown."""
        raise NotImplementedError

    @property
    def target_variants(self) -> tuple[str, ...]:
        """Whose open answers are overruled."""
        raise NotImplementedError

    def noted(self) -> None:
        """Draw what is noted now."""
        raise NotImplementedError

    # -- keys -----------------------------------------------------------------------------

    def action_star(self) -> None:
        if (item_id := self.selected_id) is not None:
            self._do(partial(self.notebook.star, [item_id]), tell=False)

    def action_tag(self) -> None:
        if (item_id := self.selected_id) is not None:
            self._ask_tags([item_id])

    def action_note(self) -> None:
        if (item_id := self.selected_id) is not None:
            self._ask_note([item_id])

    def action_overrule(self) -> None:
        if (item_id := self.selected_id) is not None:
            self._do(partial(self.notebook.flip, item_id, self.target_variants), tell=False)

    def action_undo_note(self) -> None:
        # Where text is typed, ctrl+z is no word about notes.
        if not isinstance(self.focused, Input):
            self._do(self.notebook.undo)

    def action_note_all(self) -> None:
        ids = list(self.shown_ids)
        if ids:
            labels = " and ".join(map(self.state.label, self.target_variants))
            self.app.push_screen(ForAllScreen(len(ids), labels), partial(self._for_all, ids))

    def _for_all(self, ids: Sequence[str], what: str | None) -> None:
        verdicts = {"right": True, "wrong": False, "judge": None}
        if what == "star":
            self._do(partial(self.notebook.star, ids))
        elif what == "tag":
            self._ask_tags(ids)
        elif what == "note":
            self._ask_note(ids)
        elif what is not None and what in verdicts:
            variants, right = self.target_variants, verdicts[what]
            self._do(partial(self.notebook.overrule, ids, variants, right))

    def _ask_tags(self, ids: Sequence[str]) -> None:
        notes = self.state.notes
        own = notes.of(ids[0]).tags if len(ids) == 1 else ()
        asked = LineScreen(
            f"Tags of {_items(ids)}" + (f": {' '.join(own)}" if own else ""),
            hint="loop-ish adds, -loop-ish removes   ⏎ writes   esc goes back",
            suggester=TagSuggester(notes.tags),
        )
        self._ask(asked, partial(self.notebook.tag, ids), len(ids), empty=False)

    def _ask_note(self, ids: Sequence[str]) -> None:
        old = self.state.notes.of(ids[0]).note if len(ids) == 1 else ""
        asked = LineScreen(
            f"Note on {_items(ids)}", value=old, hint="⏎ writes, an empty one goes   esc goes back"
        )
        self._ask(asked, partial(self.notebook.note, ids), len(ids), empty=True)

    def _ask(
        self, asked: LineScreen, write: Callable[[str], str], count: int, *, empty: bool
    ) -> None:
        def answered(text: str | None) -> None:
            if text is not None and (empty or text.strip()):
                self._do(partial(write, text), tell=count > 1)

        self.app.push_screen(asked, answered)

    def _do(self, write: Callable[[], str], *, tell: bool = True) -> None:
        """Write, and draw it; tell of it where it isn't all before one's eyes."""
        try:
            told = write()
        except UserError as error:
            self._warn(error)
        else:
            if tell:
                self.notify(displayable(told), timeout=TOLD_SECONDS, markup=False)
            self.noted()

    def _warn(self, error: UserError) -> None:
        told = in_one_line(error.message, error.hint)
        self.notify(displayable(told), severity="warning", markup=False)

    def look(self) -> None:
        """Show what another process noted, or was noted before the run was opened."""
        if not self._looking:
            return
        try:
            changed = self.notebook.look()
        except UserError as error:
            # Told once: it stays so until the file is mended.
            self._looking = False
            self._warn(error)
        else:
            if changed:
                self.noted()


class ForAllScreen(ModalScreen[str]):
    """Asks what is to be noted of all the items that are shown; a key answers."""

    CHOICES: ClassVar[tuple[tuple[str, str, str, str], ...]] = (
        ("asterisk", "*", "star", "star, or take the stars away where all have one"),
        ("number_sign", "#", "tag", "tag"),
        ("N", "N", "note", "note"),
        ("r", "r", "right", "count the open answers of {} as right"),
        ("w", "w", "wrong", "count the open answers of {} as wrong"),
        ("j", "j", "judge", "leave the open answers of {} to the judge"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"choose('{name}')", show=False) for key, _, name, _ in CHOICES),
        Binding("escape", "choose('')", show=False),
    ]

    def __init__(self, count: int, labels: str) -> None:
        super().__init__()
        self._count = count
        self._labels = labels

    def compose(self) -> ComposeResult:
        with Vertical(classes="asking"):
            yield Static(Content(f"All {self._count:,} items that are shown"), classes="heading")
            for _, shown, _, text in self.CHOICES:
                yield Static(Content(f"{shown}  {text.format(displayable(self._labels))}"))
            yield Static(Content("esc goes back; U takes it back later"), classes="hint")

    def action_choose(self, name: str) -> None:
        self.dismiss(name)


class LineScreen(ModalScreen[str | None]):
    """Asks for a line of text."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", show=False)]

    def __init__(
        self, heading: str, *, value: str = "", hint: str, suggester: Suggester | None = None
    ) -> None:
        super().__init__()
        self._texts = (heading, value, hint)
        self._suggester = suggester

    def compose(self) -> ComposeResult:
        heading, value, hint = self._texts
        with Vertical(classes="asking"):
            yield Static(Content(displayable(heading)), classes="heading")
            yield LineInput(
                value, compact=True, id="line", suggester=self._suggester, select_on_focus=False
            )
            yield Static(Content(hint), classes="hint")

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        self.dismiss(message.value)

    def action_give_up(self) -> None:
        self.dismiss(None)


class TagSuggester(Suggester):
    """Proposes a tag in use for the last word; → takes it."""

    def __init__(self, tags: Sequence[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._tags = tags

    async def get_suggestion(self, value: str) -> str | None:
        """The whole line with its last word completed."""
        begun = value.replace(",", " ").rpartition(" ")[2].lstrip("-")
        # A tag that is not written as it is shown comes from another program's file.
        tags = (tag for tag in self._tags if displayable(tag) == tag)
        found = (tag for tag in tags if begun and tag.startswith(begun) and tag != begun)
        tag = next(found, None)
        return None if tag is None else value + tag[len(begun) :]


def _items(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{len(ids):,} items"

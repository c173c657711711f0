"""The engine has ended: what happened, and what can be done."""

from __future__ import annotations

from textual.content import Content

from engine.text import displayable, truncated
from tui.acting import keys_on
from tui.drawing.lines import Line, wrap
from tui.widgets.paint import Board


class FailurePanel(Board):
    """What happened, what to do, the engine's last words, where its log is."""

    MOST_WORDS = 6

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._message = self._hint = self._stderr = self._log = ""

    def show(self, message: str, hint: str, stderr: str, log: str) -> None:
        self._message, self._hint, self._stderr, self._log = message, hint, stderr, log
        self.border_title = Content("the engine has ended")
        self.display = True
        self.fit_height(self.size.width or self.screen.size.width - 4)
        self.redraw()

    def fit_height(self, width: int) -> None:
        """As high as its text, at most a third of the screen."""
        wanted = len(self.lines(width)) + self.gutter.height
        self.styles.height = min(wanted, self._most_height)

    @property
    def _most_height(self) -> int:
        return max(self.screen.size.height // 3, 5)

    def on_resize(self) -> None:
        self.fit_height(self.size.width)
        self.redraw()

    def lines(self, width: int) -> list[Line]:
        """The message and the hint, cut so that the keys stay on a small screen; then the rest."""
        room = self._most_height - self.gutter.height - 1
        lines = _first_lines(self._message, "wrong", width, max(room // 2, 1))
        for hint in self._hint.splitlines():
            most = room - len(lines)
            if most > 0:
                lines += _first_lines(hint, "", width, most)
        known = keys_on(self.screen)
        keys: Line = [(known["restart"], "key"), (" starts it again, ", "")]
        keys += [(known["quit"], "key"), (" quits; ", "")]
        lines.append([*keys, ("what was scored is kept", "dim")])
        for text in self._stderr.splitlines()[-self.MOST_WORDS :]:
            lines.append([("  " + truncated(displayable(text), width - 2), "dim")])
        if self._log and self._log not in self._hint:
            lines += wrap([("log  ", "dim"), (displayable(self._log), "dim")], width)
        return lines


def _first_lines(text: str, paint: str, width: int, most: int) -> list[Line]:
    """A text in so many lines at most; where they are not all, the last one says so."""
    lines = wrap([(displayable(text), paint)], width)
    if len(lines) > most:
        lines = wrap([(displayable(text), paint)], width - 1)[:most]
        lines[-1] = [*lines[-1], ("…", "dim")]
    return lines

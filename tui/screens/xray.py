"""One item in full."""

from __future__ import annotations

from tui.drawing.xray_lines import xray_lines
from tui.screens.page import PageScreen
from tui.state.rows import Row
from tui.state.session import Session


class XRayScreen(PageScreen):
    """Every gold token under both variants, the answers, the prompt, the record."""

    def __init__(self, session: Session, row: Row, variant: str) -> None:
        super().__init__(session)
        self._row = row
        self._variant = variant

    def draw(self) -> None:
        """Lay out the item."""
        row = self._row
        labels = (self.state.label(self.state.reference), self.state.label(self._variant))
        subject = f"{row.item.question}  {row.item.id}"
        self.present("X-ray", subject, lambda width: xray_lines(row, labels, width))

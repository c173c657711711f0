"""One item in full."""

from __future__ import annotations

from tui.acting import Opening
from tui.actions import SHOW
from tui.drawing.xray_lines import xray_lines
from tui.screens.inspect import InspectScreen
from tui.screens.page import PageScreen
from tui.state.rows import Row
from tui.state.session import Session


class XRayScreen(PageScreen):
    """Every gold token under both variants, the answers, the prompt, the record."""

    OPENS = Opening(
        InspectScreen,
        "xray",
        "x",
        "x-ray",
        "This item in full: every gold token, where it breaks, the prompt, the record.",
        SHOW,
        footer=7,
    )

    def __init__(self, session: Session, row: Row, variant: str) -> None:
        super().__init__(session)
        self._row = row
        self._variant = variant

    @classmethod
    def opened_from(cls, host: InspectScreen) -> XRayScreen | None:
        row = host.current_row
        return None if row is None else cls(host.session, row, host.variant)

    def draw(self) -> None:
        row = self._row
        labels = (self.state.label(self.state.reference), self.state.label(self._variant))
        subject = f"{row.item.question}  {row.item.id}"
        self.present("X-ray", subject, lambda width: xray_lines(row, labels, width))

"""Writing the run to a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.records.errors import UserError
from engine.reports.export import export
from engine.runs.reading import Run


class ExportScreen(ModalScreen[str | None]):
    """Asks for a file and writes it; gives back a sentence that says what was written."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(self, run: Run, variant: str, filter_text: str | None) -> None:
        super().__init__()
        self._run = run
        self._variant = variant
        self._filter_text = filter_text

    def compose(self) -> ComposeResult:
        """A field for the path."""
        what = "the items that the filter shows" if self._filter_text else "all scored items"
        with Vertical(id="export"):
            yield Static(Content(f"Write {what} to a file"), classes="heading")
            yield Input("run.csv", compact=True, id="path")
            yield Static(
                Content(".parquet .csv .jsonl .md .html   ⏎ writes   esc goes back"),
                classes="hint",
            )
            yield Static("", id="export-error")

    def action_cancel(self) -> None:
        """Go back."""
        self.dismiss(None)

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        if message.value.strip():
            self._write(Path(message.value.strip()).expanduser())

    @work(thread=True, exclusive=True)
    def _write(self, path: Path) -> None:
        try:
            count = export(self._run, path, variant=self._variant, filter_text=self._filter_text)
        except UserError as error:
            self._later(self._refused, f"{error.message} {error.hint}".strip())
        else:
            self._later(self.dismiss, f"{count:,} items written to {path}")

    def _later(self, call: Callable[[str], object], text: str) -> None:
        self.app.call_from_thread(call, text)

    def _refused(self, text: str) -> None:
        self.query_one("#export-error", Static).update(Content(text))

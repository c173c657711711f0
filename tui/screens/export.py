"""Writing the run to a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Select, Static

from engine.records.errors import UserError, in_one_line
from engine.runs.remedies import with_remedies
from engine.text import displayable
from engine.user_files import from_user, is_there
from tui.acting import ActingScreen, Opening
from tui.actions import RUN
from tui.screens.inspect import InspectScreen
from tui.screens.page import BACK
from tui.widgets.line_input import LineInput
from tui.widgets.option_lists import Choice

if TYPE_CHECKING:
    from engine.runs.reading import Run


LONGEST_NAME = 60
"""Of a proposed file's name, in characters."""


class ExportScreen(ActingScreen, ModalScreen[None]):
    """Asks for a file, writes what the inspector shows, and says what was written."""

    OPENS = Opening(
        InspectScreen,
        "export",
        "e",
        "export",
        "Write the run, or what is shown of it, to a file.",
        RUN,
    )
    ACTIONS = (BACK,)

    def __init__(self, run: Run, variant: str, filter_text: str | None) -> None:
        super().__init__()
        self._run = run
        self._variant = variant
        self._filter_text = filter_text
        self._warned: Path | None = None

    @classmethod
    def opened_from(cls, host: InspectScreen) -> ExportScreen | None:
        run = host.state.run()
        if run is None or not run.scored:
            return None
        return cls(run, host.variant, host.browser.filter_text or None)

    def compose(self) -> ComposeResult:
        what = "the items that the filter shows" if self._filter_text else "all scored items"
        with Vertical(id="export"):
            yield Static(Content(f"Write {what} to a file"), classes="heading")
            yield LineInput(self._proposed(), compact=True, id="path")
            if len(self._run.manifest.settings.recipes) > 1:
                yield Choice(
                    [
                        ("a row for every item", False),
                        ("a row for every item and variant", True),
                    ],
                    value=False,
                    allow_blank=False,
                    compact=True,
                    id="long",
                )
            yield Static(
                Content(".parquet .csv .jsonl .md .html   ⏎ writes   esc goes back"),
                classes="hint",
            )
            yield Static("", id="export-error")

    def _proposed(self) -> str:
        """A name that tells what is in the file."""
        settings = self._run.manifest.settings
        parts = (Path(settings.model).name, self._variant, Path(settings.items).stem)
        name = re.sub(r"[^\w.]+", "-", "-".join(parts)).strip("-.")[:LONGEST_NAME]
        return f"{name}{'-filtered' if self._filter_text else ''}.csv"

    def action_close(self) -> None:
        self.dismiss()

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        if message.value.strip():
            long = any(chosen.value is True for chosen in self.query(Select))
            path = from_user(message.value.strip())
            if is_there(path) and path != self._warned:
                self._warned = path
                self._refused(f"{path} is there already; ⏎ again writes over it")
            else:
                self._write(path, long)

    @work(thread=True, exclusive=True)
    def _write(self, path: Path, long: bool) -> None:
        from engine.reports.export import export

        try:
            count = export(
                with_remedies(self._run),
                path,
                variant=self._variant,
                filter_text=self._filter_text,
                long=long,
            )
        except UserError as error:
            self._later(self._refused, in_one_line(error.message, error.hint))
        else:
            variants = len(self._run.manifest.settings.variants)
            under = f" under {variants} variants" if long else ""
            self._later(self._written, f"{count:,} items{under} written to {path}")

    def _later(self, call: Callable[[str], object], text: str) -> None:
        self.app.call_from_thread(call, text)

    def _written(self, text: str) -> None:
        self.app.notify(text, markup=False)
        self.dismiss()

    def _refused(self, text: str) -> None:
        self.query_one("#export-error", Static).update(Content(displayable(text)))

"""The filters that were used, kept for the next time."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec
import platformdirs

from engine.records.errors import UserError

MOST = 200


def history_path() -> Path:
    """Where they are kept: one for all runs."""
    return platformdirs.user_state_path("illusion-tui") / "filters.json"


class FilterHistory:
    """Filters from the oldest to the latest, and the one among them that is looked at.

    What can't be read or written is no reason to disturb anyone: the history is empty, or short.
    """

    def __init__(self) -> None:
        self._entries: list[str] | None = None
        self._back = 0
        self._draft = ""

    @property
    def looking(self) -> bool:
        """Whether an older filter than the one being typed is looked at."""
        return self._back > 0

    def older(self, current: str) -> str | None:
        """The filter before the one looked at; None where there is none.

        Args:
            current: what is being typed; it comes back after the latest.
        """
        entries = self._read()
        if self._back == 0:
            self._draft = current
        if self._back == len(entries):
            return None
        self._back += 1
        return entries[-self._back]

    def newer(self) -> str:
        """The filter after the one looked at, at last the one that was being typed."""
        self._back -= 1
        return self._read()[-self._back] if self._back else self._draft

    def forget_place(self) -> None:
        """Begin at the latest again."""
        self._back = 0

    def add(self, text: str) -> None:
        """Keep a filter that was used."""
        self._back = 0
        # Another app may have kept some since.
        self._entries = None
        entries = self._read()
        if not text.strip() or entries[-1:] == [text]:
            return
        entries = [*(entry for entry in entries if entry != text), text][-MOST:]
        self._entries = entries
        from engine.files import write_atomically

        path = history_path()
        with contextlib.suppress(OSError, UserError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, msgspec.json.encode(entries))

    def _read(self) -> list[str]:
        if self._entries is None:
            try:
                self._entries = msgspec.json.decode(history_path().read_bytes(), type=list[str])
            except (OSError, msgspec.DecodeError, UnicodeDecodeError):
                self._entries = []
        return self._entries

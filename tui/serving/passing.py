"""Messages that are passed on: only their kind, their id and what changes are read.

So they reach the other side as they were written, also those of packages that aren't known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from engine.records.lines import LineDecoder

_lines: LineDecoder[dict[str, msgspec.Raw]] = LineDecoder(dict[str, msgspec.Raw])
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class Passed:
    """A message on its way.

    Attributes:
        kind: as in its field `type`.
        id: of the request that it is, or answers; None where nothing asked.
    """

    kind: str
    id: str | None
    _fields: dict[str, msgspec.Raw]

    @property
    def unasked(self) -> Passed:
        """The same event, as one that nobody asked for."""
        return Passed(self.kind, None, self._fields)

    def number(self, name: str) -> int:
        """A field that is a number; 0 where it isn't there."""
        return int(self._field(name, int) or 0)

    def text(self, name: str) -> str:
        """A field that is a text; empty where it isn't there."""
        return str(self._field(name, str) or "")

    def replaced(self, **values: object) -> Passed:
        """The message with other values of some fields."""
        raw = {name: msgspec.Raw(_encoder.encode(value)) for name, value in values.items()}
        return Passed(self.kind, self.id, {**self._fields, **raw})

    def line(self, id: str | None) -> bytes:
        """The message under an id, as a line."""
        return _encoder.encode({**self._fields, "id": id}) + b"\n"

    def _field(self, name: str, kind: Any) -> Any:
        raw = self._fields.get(name)
        return None if raw is None else msgspec.json.decode(raw, type=kind)


def read_passed(line: bytes) -> Passed | None:
    """Read a line as far as that is needed; None where it is no message."""
    try:
        fields = _lines.decode(line)
        kind = msgspec.json.decode(fields["type"], type=str)
        raw = fields.get("id")
        id_ = None if raw is None else msgspec.json.decode(raw, type=str | None)
    except (msgspec.DecodeError, KeyError):
        return None
    return Passed(kind, id_, fields)

"""Records as lines of JSON, infinities and not-a-number included.

JSON has no word for them, and msgspec writes null, which a float field then refuses to read. Here
they are the strings "nan", "inf" and "-inf". A broken model gives such numbers, and showing them is
what this program is for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_values: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def encode_line(record: msgspec.Struct) -> bytes:
    """One line, the newline included."""
    return _encoder.encode(_written(msgspec.to_builtins(record))) + b"\n"


class LineDecoder(Generic[T]):
    """Reads lines of one type (or tagged union of types)."""

    def __init__(self, kind: Any) -> None:
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(kind, strict=False)

    def decode(self, line: bytes) -> T:
        """Read a line.

        Raises:
            msgspec.ValidationError: it is JSON of another shape.
            msgspec.DecodeError: it is not JSON, or none that can be read.
        """
        return _safely(self._decoder.decode, line)


def decode_json(data: bytes | str) -> Any:
    """Read any JSON value; raises `msgspec.DecodeError`, whatever is wrong with it."""
    return _safely(_values.decode, data)


def _safely(decode: Callable[[Any], T], data: bytes | str) -> T:
    try:
        return decode(data)
    except msgspec.DecodeError:
        raise
    except RecursionError:
        raise msgspec.DecodeError("it is nested too deeply") from None
    except (ValueError, OverflowError) as error:
        # Text that is not Unicode, or a number of thousands of digits.
        raise msgspec.DecodeError(str(error)) from error


def _written(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {key: _written(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_written(inner) for inner in value]
    return value

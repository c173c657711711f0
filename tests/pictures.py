"""What is seen in a picture, read without a library for it."""

from __future__ import annotations

import struct
import zlib
from collections import Counter


def lit(png: bytes) -> float:
    """The share of a picture's pixels that aren't of its commonest colour."""
    width, rows = _rows(png)
    pixels = Counter(
        row[place : place + 3] for row in rows for place in range(0, len(row), len(row) // width)
    )
    return 1 - pixels.most_common(1)[0][1] / pixels.total()


def _rows(png: bytes) -> tuple[int, list[bytes]]:
    """Width in pixels, and the rows of an 8-bit picture in RGB or RGBA."""
    place, data = 8, b""
    width = height = channels = 0
    while place < len(png):
        length, kind = struct.unpack_from(">I4s", png, place)
        content = png[place + 8 : place + 8 + length]
        place += length + 12
        if kind == b"IHDR":
            width, height, depth, colours = struct.unpack_from(">IIBB", content)
            assert depth == 8
            channels = {2: 3, 6: 4}[colours]
        elif kind == b"IDAT":
            data += content
    raw = zlib.decompress(data)
    stride = width * channels
    rows: list[bytes] = []
    above = bytes(stride)
    for number in range(height):
        start = number * (stride + 1)
        above = _unfiltered(raw[start], raw[start + 1 : start + 1 + stride], above, channels)
        rows.append(above)
    return width, rows


def _unfiltered(method: int, row: bytes, above: bytes, channels: int) -> bytes:
    out = bytearray(row)
    for i in range(len(out)):
        left = out[i - channels] if i >= channels else 0
        corner = above[i - channels] if i >= channels else 0
        up = above[i]
        if method == 1:
            out[i] = (out[i] + left) & 255
        elif method == 2:
            out[i] = (out[i] + up) & 255
        elif method == 3:
            out[i] = (out[i] + (left + up) // 2) & 255
        elif method == 4:
            guess = left + up - corner
            nearest = min((left, up, corner), key=lambda value: abs(guess - value))
            out[i] = (out[i] + nearest) & 255
    return bytes(out)

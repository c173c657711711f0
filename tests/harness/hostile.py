"""Hostile text, and files and values that are nearly what they should be."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

FRAGMENTS = (
    "[/b]",
    "[red]",
    "[@click=app.quit]x[/]",
    "\x1b[31m",
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]52;c;cm0gLXJmIH4=\x07",
    "\x1b[201~",
    "\x9b2J",
    "\x90+q\x9c",
    "\x00",
    "\x07",
    "\x7f",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\v\f\x85",
    "\u2028\u2029",
    "\u202e",
    "\u2066\u2069",
    "\u200e\u200f\u061c",
    "\u200b\u200c\u200d\u2060",
    "\ufeff",
    "\u00ad\u034f\u115f\u3164",
    "\ufe0f",
    "\U000e0041\U000e007f",
    "\U000e0101",
    "\ufff9\ufffb",
    "e" + "\u0301" * 40,
    "\u0301\u0316" * 60,
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    '=HYPERLINK("http://x")',
    "</script><img src=x onerror=alert(1)>",
    "`|*_#<!--",
    "{{7*7}}{0}%s",
    "../../etc/passwd",
    "القاهرة",
    "नई दिल्ली",
    "กรุงเทพ",
    "北京",
    "👨‍👩‍👧🇫🇷⚠️",
    "ßİıﬁ",
    "²１２٣",
    "'",
    '"',
    "\\",
    " ",
    "word",
)
HALVES = ("\ud800", "\udfff", "\ud83d", "\udc80")
"""Surrogates that stand alone."""

JSON_JUNK = (
    b"[" * 100_000,
    b'{"a":' * 20_000,
    b"9" * 5_000,
    b"-",
    b"1e999",
    b"NaN",
    b"null",
    b"true",
    b"{}",
    b"[]",
    b'""',
    b'"',
    b"\\",
    b'"\\ud800"',
    b"\\u0000",
    b"\xff",
    b"\x00",
    b"\n",
    b"\r\n",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b",",
    b":",
)


def texts(*, halves: bool = False) -> SearchStrategy[str]:
    """Text that means harm, by itself or within other text; with `halves` also lone surrogates."""
    parts = st.sampled_from(FRAGMENTS + HALVES if halves else FRAGMENTS)
    return st.one_of(
        st.text(max_size=12),
        st.lists(st.one_of(parts, st.text(max_size=4)), max_size=6).map("".join),
        parts.map(lambda part: part * 300),
    )


def json_values(*, halves: bool = True) -> SearchStrategy[Any]:
    """Any value that JSON has, also numbers beyond all bounds, and not-a-number."""
    plain = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 5),
        st.sampled_from([2**31, 2**53 + 1, 2**63, -(2**64), 10**30]),
        st.floats(),
        texts(halves=halves),
    )
    return st.recursive(
        plain,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(texts(), inner, max_size=3)
        ),
        max_leaves=5,
    )


@st.composite
def mangled(draw: DrawFn, whole: bytes, junk: Sequence[bytes] = JSON_JUNK) -> bytes:
    """Bytes of a file in which a few places are cut out, flipped, repeated or filled with junk."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(("flip", "put", "cut", "repeat", "end", "zero"))):
            case "flip":
                data[at : at + 1] = bytes(
                    each ^ 1 << draw(st.integers(0, 7)) for each in data[at : at + 1]
                )
            case "put":
                data[at:at] = draw(st.one_of(st.sampled_from(junk), st.binary(max_size=6)))
            case "cut":
                del data[at : at + draw(st.integers(1, 64))]
            case "repeat":
                data[at:at] = data[at : at + draw(st.integers(1, 64))] * draw(st.integers(1, 40))
            case "zero":
                length = draw(st.integers(1, 16))
                data[at : at + length] = bytes(len(data[at : at + length]))
            case "end":
                del data[at:]
    return bytes(data)


@st.composite
def altered(draw: DrawFn, whole: Any, values: SearchStrategy[Any] | None = None) -> Any:
    """A JSON value in which one or two values, wherever they are, became others or went missing."""
    document = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 2))):
        place, key = document, None
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            inner = place[key]
            if not isinstance(inner, dict | list) or not inner or draw(st.integers(0, 3)) == 0:
                break
            place = inner
        if key is None or not place:
            continue
        if draw(st.integers(0, 4)) == 0:
            del place[key]
        else:
            place[key] = draw(values if values is not None else json_values())
    return document


def unsealed(data: bytes) -> bytes:
    """Lines of a run without their checksums, as versions before 0.2 wrote them."""
    return re.sub(rb',"crc32":"[0-9a-f]{8}"}', b"}", data)


def as_line(value: Any) -> bytes:
    """A line of JSON; lone surrogates are escapes in it, not-a-number is NaN."""
    return json.dumps(value).encode() + b"\n"

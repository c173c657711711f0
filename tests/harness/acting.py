"""What acts on a terminal: in text that is drawn, and in the bytes that a terminal gets."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

MARK = "4242"
"""Stands in every hostile control sequence, and in none of Textual's."""

_KEPT = frozenset("\u200c\u200d\u200e")
"""Joiners, which emoji and some scripts need, and the mark that ends a right-to-left run."""
_SEEN = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd")
"""Format characters that are drawn."""
_ACTING = ("Cc", "Cs", "Zl", "Zp", "Cf")
_TOKEN = re.compile(
    r"(?P<csi>\x1b\[[0-?]*[ -/]*[@-~])"
    r"|(?P<osc>\x1b\](?P<asked>[^\x07\x1b]*)(?:\x07|\x1b\\))"
    r"|(?P<string>\x1b[P_^X][^\x1b]*\x1b\\)"
    r"|(?P<escape>\x1b[ -/]*[0-~])"
    r"|(?P<control>[\x00-\x1f\x7f])"
    r"|(?P<text>[^\x00-\x1f\x7f]+)"
)
_CLIPBOARD, _POINTER = "52;c;", "22;"
"""The commands of the operating system kind that Textual gives: no title is among them."""
_CONTROLS = "\r\n\x07"
_FINALS = frozenset("mHhlutJKXGncpqrABCD")
"""Of the control sequences that Textual's drivers write, and those of `tui.drawing.anchors`."""


def acting(text: str) -> list[str]:
    """The characters that would act on a terminal, turn text around, or hide in it."""
    if text.isprintable():
        return []
    return [
        c for c in text if unicodedata.category(c) in _ACTING and c not in _KEPT and c not in _SEEN
    ]


@dataclass
class Written:
    """What a terminal was told.

    Attributes:
        foreign: what none of our own code writes: control sequences of somebody else's, control
            characters, and what turns or hides text.
        clipboard: the texts that were put there.
        finals: the last characters of the control sequences.
    """

    foreign: list[str] = field(default_factory=list)
    clipboard: list[str] = field(default_factory=list)
    finals: set[str] = field(default_factory=set)


def written(data: bytes) -> Written:
    """Read what a terminal got."""
    found = Written()
    # The last character may be cut off; any other that is no UTF-8 is a finding.
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError as error:
        found.foreign.append(f"no UTF-8: {data[error.start - 20 : error.end + 20]!r}")
        text = data.decode("utf-8", "replace")
    end = 0
    for token in _TOKEN.finditer(text):
        if token.start() > end:
            found.foreign.append(ascii(text[end : token.start()]))
        end = token.end()
        found.foreign += _foreign(token, found)
    return found


def _foreign(token: re.Match[str], found: Written) -> Iterator[str]:
    kind, told = token.lastgroup, token[0]
    if token["osc"] is not None:
        if MARK in told or not token["asked"].startswith((_CLIPBOARD, _POINTER)):
            yield ascii(told)
        if MARK in told or not token["asked"].startswith(_CLIPBOARD):
            return
        try:
            copied = base64.b64decode(token["asked"].removeprefix(_CLIPBOARD), validate=True)
            found.clipboard.append(copied.decode())
        except (binascii.Error, UnicodeDecodeError) as error:
            yield f"{told!a}: {error}"
    elif kind == "csi":
        found.finals.add(told[-1])
        if MARK in told or told[-1] not in _FINALS:
            yield ascii(told)
    elif kind in ("string", "escape"):
        if MARK in told:
            yield ascii(told)
    elif kind == "control":
        if told not in _CONTROLS:
            yield ascii(told)
    elif kind == "text" and (characters := acting(told)):
        yield f"{''.join(characters[:5])!a} in {told[:60]!a}"

"""Text of models and data sets, made fit for a terminal: nothing acts, nothing hides.

Every string that was not written by us passes through `displayable` (one line) or `paragraphs`
(several) before a widget sees it, and is cut to cells with `fit`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len, split_graphemes

if TYPE_CHECKING:
    import regex

ELLIPSIS = "…"
LEFT_TO_RIGHT_MARK = "\u200e"
COMBINING_LIMIT = 6
"""More combining marks than this on one character are counted instead of drawn."""
FLOOD = 30
"""So many combining marks on one character are compared; there may be any number."""
REACH = 24
"""Characters looked at for every cell that is to be filled."""

Elide = Literal["end", "middle", "start"]
Align = Literal["left", "right"]

_NAMES = {
    "\u00ad": "SHY",
    "\u034f": "CGJ",
    "\u061c": "ALM",
    "\u115f": "HCF",
    "\u1160": "HJF",
    "\u17b4": "KIV",
    "\u17b5": "KIA",
    "\u180e": "MVS",
    "\u200b": "ZWSP",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2060": "WJ",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\u3164": "HF",
    "\ufeff": "BOM",
    "\uffa0": "HHF",
}
_SUSPECT = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    "\ud800-\udfff\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U0001fffe\U0001ffff\U000e0000-\U0010ffff"
    "]"
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]|\r(?!\n)")
_HALVES = re.compile("[\ud800-\udfff]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff]")
_WITH_VOWEL_SIGNS = re.compile(
    "[\u0900-\u0dff\u0f00-\u109f\u1700-\u1aff\ua800-\ua9ff\uaa00-\uabff]+"
)
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
    f"{{{COMBINING_LIMIT + 1},}}"
)


def displayable(text: str) -> str:
    """The text on one line: control characters, bidi controls and hidden ones become visible.

    Joiners stay where a script or an emoji needs them. The result has no character that moves
    the cursor, changes a direction, or takes no room without standing on another one.
    """
    if _SUSPECT.search(text):
        text = _SUSPECT.sub(_visible, text)
    if not text.isascii():
        text = _MARKS.sub(lambda match: f"⟨{len(match[0])} marks⟩", text)
        if unicodedata.category(text[0]) in ("Mn", "Me", "Mc"):
            text = "◌" + text
    return text


def paragraphs(text: str) -> str:
    """The text as `displayable`, but lines stay lines, each end marked with ⏎."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "⏎\n".join(displayable(line) for line in lines)


def token_text(text: str) -> str:
    """A token as one sees it: a leading space is ␣, an empty one ∅."""
    if not text:
        return "∅"
    body = text.lstrip(" ")
    return isolated("␣" * (len(text) - len(body)) + displayable(body))


def harmless(text: str) -> str:
    """The text with control characters visible, for what other programs show or paste.

    Tabs and line ends stay, and so does what merely hides or turns text around: a bidi control in
    a table is the answer of a model.
    """
    return _CONTROLS.sub(_visible, text)


def in_place(text: str) -> str:
    """The text with something visible for each character that acts or hides, one for one.

    For fields in which text is edited: what `displayable` would write out is U+FFFD here.
    """
    return _SUSPECT.sub(_one_visible, text) if _SUSPECT.search(text) else text


def is_unicode(text: str) -> bool:
    """Whether the text has no half of a character, which no file, pipe or table can hold."""
    return _HALVES.search(text) is None


def normalize(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """The text in a normal form, in time that grows with its length.

    Putting combining marks in order takes the square of how many follow one another. No script
    writes more than a few; of a flood the first ones stay, as in Unicode's stream-safe format.
    """
    if len(text) > FLOOD and not text.isascii():
        text = _floods().sub(lambda flood: flood[0][:FLOOD], text)
    return unicodedata.normalize(form, text)


@cache
def _floods() -> regex.Pattern[str]:
    # Not every command that shows text compares any.
    import regex

    return regex.compile(rf"[\p{{Mn}}\p{{Me}}]{{{FLOOD + 1},}}")


def isolated(text: str) -> str:
    """The text so that a terminal that reorders right-to-left runs leaves its neighbours alone.

    A left-to-right mark on either side ends the run there; numbers beside an Arabic answer would
    else be drawn as part of it. Logical order is kept.
    """
    if text.isascii() or not _RIGHT_TO_LEFT.search(text):
        return text
    return f"{LEFT_TO_RIGHT_MARK}{text}{LEFT_TO_RIGHT_MARK}"


def room_for(text: str) -> int:
    """Cells that the text takes in the terminal that gives it most.

    Terminals give a vowel sign that stands beside its consonant no cell or one of its own; laid
    out for one, nothing is cut off where a terminal needs it.
    """
    cells = cell_len(text)
    if text.isascii() or not _WITH_VOWEL_SIGNS.search(text):
        return cells
    signs = "".join(_WITH_VOWEL_SIGNS.findall(text))
    apart = sum(
        cell_len(character) or unicodedata.category(character) == "Mc" for character in signs
    )
    return max(cells, cell_len(_WITH_VOWEL_SIGNS.sub("", text)) + apart)


def graphemes(text: str) -> list[tuple[int, int, int]]:
    """Where each grapheme begins and ends, and the room for it."""
    spans, _ = split_graphemes(text)
    return [(start, end, room_for(text[start:end])) for start, end, _ in spans]


def reserved(text: str) -> str:
    """The text, followed by the cells that some terminals need for it."""
    return text + " " * (room_for(text) - cell_len(text))


def fit(text: str, width: int, *, elide: Elide = "end", align: Align = "left") -> str:
    """The text in exactly `width` cells: padded, or cut between graphemes with an ellipsis.

    Elided in the middle, most of the room goes to the end, and words stay whole where they can.
    Elided at the start, only the end is left.
    """
    if width <= 0:
        return ""
    if _exceeds(text, width):
        text = _cut(text, width, elide)
    padding = " " * (width - cell_len(text))
    return padding + text if align == "right" else text + padding


def truncated(text: str, width: int, *, elide: Elide = "end") -> str:
    """The text in at most `width` cells, without padding."""
    return _cut(text, width, elide) if _exceeds(text, width) else text


def _exceeds(text: str, width: int) -> bool:
    # A text this long is not measured: it would take its time for every line of a table.
    return len(text) > REACH * max(width, 1) or room_for(text) > width


def _cut(text: str, width: int, elide: Elide) -> str:
    if width <= 1:
        return ELLIPSIS[:width]
    reach = REACH * width
    if elide == "end":
        return _head(text[:reach], width - 1) + ELLIPSIS
    if elide == "start":
        return ELLIPSIS + _tail(text[-reach:], width - 1)
    head = _head(text[:reach], width // 4)
    head = head[: head.rfind(" ") + 1].rstrip() or head
    tail = _tail(text[-reach:], width - 1 - room_for(head))
    word = tail.find(" ") + 1
    return head + ELLIPSIS + (tail[word:] if word <= len(tail) // 2 else tail)


def _head(text: str, width: int) -> str:
    used = 0
    for start, _end, cells in graphemes(text):
        if used + cells > width:
            return _exact(text[:start], width)
        used += cells
    return _exact(text, width)


def _tail(text: str, width: int) -> str:
    used = 0
    for _start, end, cells in reversed(graphemes(text)):
        if used + cells > width:
            return _exact(text[end:], width)
        used += cells
    return _exact(text, width)


def _exact(text: str, width: int) -> str:
    """Drop the end of a piece that measures wider alone than it did inside its text."""
    while text and room_for(text) > width:
        text = text[:-1]
    return text


def _visible(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if code < 0x20:
        return "⏎" if character == "\n" else chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if character in "\u2028\u2029":
        return "⏎"
    if character in "\u200c\u200d" or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
        return character if _joins(match.string, match.start()) else f"⟨{_hidden(character)}⟩"
    return f"⟨{_NAMES.get(character) or format(code, '02X')}⟩"


def _one_visible(match: re.Match[str]) -> str:
    shown = _visible(match)
    return shown if len(shown) == 1 else "\ufffd"


def _hidden(character: str) -> str:
    return {"\u200c": "ZWNJ", "\u200d": "ZWJ"}.get(character, "VS")


def _joins(text: str, index: int) -> bool:
    """Whether a joiner or variation selector stands where a script or an emoji uses one."""
    if index == 0 or text[index - 1].isascii() or text[index - 1] in "\u200c\u200d":
        return False
    if text[index] not in "\u200c\u200d":
        return unicodedata.category(text[index - 1]) in ("So", "Lo", "Sm", "Po")
    return index + 1 < len(text) and not text[index + 1].isascii()

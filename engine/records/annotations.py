"""What a person notes of items: stars, tags, notes, and verdicts corrected by hand."""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import UTC, datetime

import msgspec

from engine.records.errors import UserError

LONGEST_TAG = 40
"""Characters of a tag."""


class Annotation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is noted of one item.

    Attributes:
        tags: in the order in which they were given.
        verdicts: whether the open answer is right, by the name of the variant that gave it. Where
            the judge says the same, nothing is overruled.
    """

    starred: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""
    verdicts: dict[str, bool] = {}


NOTHING = Annotation()
"""Of an item that nothing is noted of."""


def _new_id() -> str:
    return secrets.token_hex(6)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Noted(msgspec.Struct, frozen=True, kw_only=True, tag_field="change", tag=True):
    """Base of what a person does; `at` is in UTC (ISO 8601), `id` unique in its run."""

    id: str = msgspec.field(default_factory=_new_id)
    at: str = msgspec.field(default_factory=_now)


class ItemChange(Noted, frozen=True, kw_only=True):
    """A change to what is noted of items, by their ids."""

    items: tuple[str, ...]

    @property
    def words(self) -> str:
        """What it does, as it is told when it is taken back."""
        raise NotImplementedError

    def on(self, old: Annotation) -> Annotation:
        """What is noted of an item after it."""
        raise NotImplementedError


class Starred(ItemChange, frozen=True, kw_only=True, tag="star"):
    """Items are starred, or are so no more."""

    starred: bool

    @property
    def words(self) -> str:
        return "star" if self.starred else "star taken away"

    def on(self, old: Annotation) -> Annotation:
        return msgspec.structs.replace(old, starred=self.starred)


class Tagged(ItemChange, frozen=True, kw_only=True, tag="tag"):
    """Items get tags, and lose others."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        return f"tag {' '.join((*self.add, *(f'-{tag}' for tag in self.remove)))}"

    def on(self, old: Annotation) -> Annotation:
        every = dict.fromkeys((*old.tags, *self.add))
        kept = tuple(tag for tag in every if tag not in self.remove)
        return msgspec.structs.replace(old, tags=kept)


class NoteWritten(ItemChange, frozen=True, kw_only=True, tag="note"):
    """Items have another note; an empty one takes it away."""

    note: str

    @property
    def words(self) -> str:
        return "note" if self.note else "note taken away"

    def on(self, old: Annotation) -> Annotation:
        return msgspec.structs.replace(old, note=self.note)


class Overruled(ItemChange, frozen=True, kw_only=True, tag="overrule"):
    """Open answers are right or wrong, whatever the judge says; None leaves it to the judge.

    `verdicts` is by the name of the variant that gave the answers.
    """

    verdicts: dict[str, bool | None]

    @property
    def words(self) -> str:
        return "verdict"

    def on(self, old: Annotation) -> Annotation:
        every = old.verdicts | self.verdicts
        given = {name: right for name, right in every.items() if right is not None}
        return msgspec.structs.replace(old, verdicts=given)


class Undone(Noted, frozen=True, kw_only=True, tag="undo"):
    """A change is taken back; it is as if it had never been."""

    undoes: str


NotedRecord = Starred | Tagged | NoteWritten | Overruled | Undone
"""A line of the file that keeps them."""

_BETWEEN_TAGS = re.compile(r"[\s,]+")


def parse_tags(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read tags as they are typed, with spaces or commas between: those to add, those to remove.

    A minus before a tag removes it.

    Raises:
        UserError: it holds none, or one that is no tag.
    """
    add: list[str] = []
    remove: list[str] = []
    for word in filter(None, _BETWEEN_TAGS.split(unicodedata.normalize("NFC", text))):
        tag = word.lstrip("-")
        if not tag or len(tag) > LONGEST_TAG or not tag.isprintable() or set(tag) & set('|"'):
            raise UserError(
                f"'{word[: LONGEST_TAG + 1]}' is not a tag",
                f"Write up to {LONGEST_TAG} visible characters without quotation marks and bars.",
            )
        (remove if word != tag else add).append(tag)
    if not add and not remove:
        raise UserError("there is no tag", "Write loop-ish to add a tag, -loop-ish to remove it.")
    return tuple(dict.fromkeys(add)), tuple(dict.fromkeys(remove))

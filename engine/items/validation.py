"""Turning the rows of a file into items, or an error that names row and field."""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from engine.items.files import Row, describe
from engine.records.errors import UserError, shortened
from engine.records.items import Item

UNDETERMINED = "und"
"""The BCP 47 tag of an unknown language, for rows without one."""

LIST_FIELDS = ("aliases", "options")
FIELDS = tuple(field.name for field in msgspec.structs.fields(Item))
TEXT_FIELDS = tuple(name for name in FIELDS if name not in LIST_FIELDS)


def items_of(rows: Sequence[Row], path: Path) -> tuple[Item, ...]:
    """The items of a file's rows, in order.

    Text is kept unchanged, control characters and markup included; empty text counts as absent. A
    row without an id gets one from its language and question, a row without a language gets "und".

    Raises:
        UserError: a row isn't a valid item; the error names its field and what was expected.
    """
    items = []
    seen: dict[str, int] = {}
    for number, row in rows:
        item = _item(row, f"{path} row {number}")
        if item.id in seen:
            where, earlier = f"{path} row {number}", f"row {seen[item.id]}"
            if "id" in row:
                message = f"{where}, field id: {shortened(item.id)!r} is also the id of {earlier}"
                raise UserError(message, "Give every item an id of its own.")
            message = f"{where}, field question: the same as in {earlier}"
            raise UserError(message, "Remove one of the two rows, or give both an id.")
        seen[item.id] = number
        items.append(item)
    return tuple(items)


def derived_id(language: str, question: str) -> str:
    """A stable id for an item without one: from its language and question."""
    return hashlib.sha256(f"{language}\n{question}".encode()).hexdigest()[:16]


def _item(row: dict[str, Any], where: str) -> Item:
    _check_names(row, where)
    texts = {name: _text(row.get(name), f"{where}, field {name}") for name in TEXT_FIELDS}
    lists = {name: _texts(row.get(name), f"{where}, field {name}") for name in LIST_FIELDS}
    question, gold = texts["question"], texts["gold"]
    if not question:
        message = f"{where}, field question: missing or empty, expected the question as text"
        raise UserError(message, "Every item needs a question.")
    if not gold:
        message = f"{where}, field gold: missing or empty, expected the right answer as text"
        raise UserError(message, "Every item needs its gold answer.")
    aliases = tuple(dict.fromkeys(alias for alias in lists["aliases"] if alias != gold))
    _check_options(lists["options"], gold, aliases, f"{where}, field options")
    language = texts["language"] or UNDETERMINED
    return Item(
        id=texts["id"] or derived_id(language, question),
        language=language,
        question=question,
        gold=gold,
        aliases=aliases,
        options=lists["options"],
        stem=texts["stem"],
        passage=texts["passage"],
        kind=texts["kind"],
        distractors=texts["distractors"],
    )


def _check_names(row: dict[str, Any], where: str) -> None:
    for name in row:
        if name in FIELDS:
            continue
        close = difflib.get_close_matches(name.lower(), FIELDS, n=1)
        known = f"The fields are {', '.join(FIELDS)}."
        hint = f"Did you mean {close[0]!r}? {known}" if close else known
        raise UserError(f"{where}, field {shortened(name)}: no such field", hint)


def _check_options(
    options: tuple[str, ...], gold: str, aliases: tuple[str, ...], where: str
) -> None:
    if not options:
        return
    if len(options) < 2:
        message = f"{where}: expected at least 2 options, got {len(options)}"
        raise UserError(message, "Add options, or leave the field out.")
    repeated = [option for option, count in Counter(options).items() if count > 1]
    if repeated:
        message = f"{where}: {describe(repeated[0])} appears more than once"
        raise UserError(message, "Each option must differ from the others.")
    if gold not in options:
        message = f"{where}: the gold answer {describe(gold)} is not among them"
        raise UserError(message, "One option must equal the gold answer, letter by letter.")
    right = [option for option in options if option in aliases]
    if right:
        message = f"{where}: {describe(right[0])} is an alias of the gold answer"
        raise UserError(message, "Only one option may be right.")


def _text(value: object, where: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        message = f"{where}: expected text, got {describe(value)}"
        raise UserError(message, "Put it in quotes.")
    return value if value.strip() else None


def _texts(value: object, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        message = f"{where}: expected a list of texts, got {describe(value)}"
        raise UserError(message, 'Write it as ["Paris", "Rome"].')
    for position, entry in enumerate(value, start=1):
        if not isinstance(entry, str) or not entry.strip():
            message = f"{where}, entry {position}: expected text, got {describe(entry)}"
            raise UserError(message, "Every entry must be text, and not empty.")
    return tuple(value)

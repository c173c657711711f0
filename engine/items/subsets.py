"""Selecting items: by language, the first of each language, or a seeded subset."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence

from engine.records.errors import UserError, shortened
from engine.records.items import Item
from engine.records.languages import primary_language


def in_languages(items: Sequence[Item], languages: Sequence[str]) -> tuple[Item, ...]:
    """The items in any of the languages, compared by primary tag; all items for no languages.

    Raises:
        UserError: no item is in one of the languages; the hint names those that exist.
    """
    if not languages:
        return tuple(items)
    present = {primary_language(item.language) for item in items}
    for language in languages:
        if primary_language(language) not in present:
            known = ", ".join(sorted({shortened(item.language) for item in items}))
            message = f"no items in the language {shortened(language)!r}"
            raise UserError(message, f"These items are in: {known}.")
    wanted = {primary_language(language) for language in languages}
    return tuple(item for item in items if primary_language(item.language) in wanted)


def first_per_language(items: Sequence[Item], limit: int) -> tuple[Item, ...]:
    """The first `limit` items of each language."""
    seen: Counter[str] = Counter()
    kept = []
    for item in items:
        seen[item.language] += 1
        if seen[item.language] <= limit:
            kept.append(item)
    return tuple(kept)


def seeded_subset(ids: Collection[str], size: int, seed: int) -> frozenset[str]:
    """A fixed choice of `size` of the ids.

    Ids are ordered by a hash of the seed and the id, so that the choice depends neither on their
    order nor, in a benchmark with the same ids in every language, on the language.
    """

    def rank(identifier: str) -> bytes:
        return hashlib.sha256(f"{seed}\n{identifier}".encode()).digest()

    return frozenset(sorted(set(ids), key=rank)[:size])

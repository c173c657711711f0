"""Options that were borrowed when a run was begun stay those of the run."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.items.reading import ItemSet, item_set
from engine.records.items import Item
from engine.runs.reading import MANIFEST, read_items, read_manifest
from engine.user_files import is_there


def with_saved_options(items: ItemSet, directory: Path) -> ItemSet:
    """The items with the options that a run in `directory` borrowed for them, if there is one.

    Which options are borrowed may differ from one version of the program to the next. Items that
    differ from the run's in anything else stay as they are, and are then refused.

    Raises:
        UserError: the run can't be read.
    """
    if not is_there(directory / MANIFEST):
        return items
    saved = read_manifest(directory)
    if saved.items.hash == items.hash:
        return items
    stored = {item.id: item for item in read_items(directory)}
    kept = tuple(_with_saved(item, stored.get(item.id)) for item in items.items)
    restored = item_set(kept, items.source, items.licence)
    return restored if restored.hash == saved.items.hash else items


def _with_saved(item: Item, stored: Item | None) -> Item:
    own = bool(item.options) and item.distractors is None
    if stored is None or own:
        return item
    return msgspec.structs.replace(item, options=stored.options, distractors=stored.distractors)

"""What is asked of a search for remedies, and the other task that it is held against."""

from __future__ import annotations

from engine.compression.texts import AUTO, CHAT, SOLVED
from engine.items.reading import read_items
from engine.items.samples import sample_names
from engine.records.items import Item
from engine.records.remedies import RemedyQuestion
from engine.records.settings import Settings
from engine.runs.variants import require_variant

CONTROL_ITEMS = 40
"""Of the control task, at most so many."""


def remedy_question(
    settings: Settings, variant: str | None, control: str | None, *, chat: bool
) -> RemedyQuestion:
    """The question of a run: of its first variant, with another sample as the control.

    `chat` tells whether the model has a chat template.

    Raises:
        UserError: there is no such variant.
    """
    name = require_variant(variant or settings.recipes[0], settings.recipes)
    own = [SOLVED, f"{AUTO}+{SOLVED}"]
    if chat:
        own += [CHAT, f"{CHAT}+{SOLVED}"]
    calibrations = tuple(source for source in own if source != settings.calibration)
    others = (sample for sample in sample_names() if sample != settings.items)
    return RemedyQuestion(
        variant=name, calibrations=calibrations, control=control or next(others, None)
    )


def control_items(source: str | None, settings: Settings) -> tuple[Item, ...]:
    """Items of another task, spread over all that it has; none without a source."""
    if source is None:
        return ()
    items = read_items(source, languages=settings.languages, seed=settings.seed).items
    share = max(1, len(items) // CONTROL_ITEMS)
    return items[::share][:CONTROL_ITEMS]

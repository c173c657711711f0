"""Calibration text for the recipes of a run, and the items whose gold answers may be looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial

import torch
from torch import Tensor

from engine.compression.calibration import calibration_sequences
from engine.compression.reporter import Reporter
from engine.compression.sampling import SampleFiles
from engine.compression.texts import SOLVED, CalibrationText
from engine.files import held
from engine.inspection.manifests import ManifestKeeper
from engine.items.halves import halves
from engine.methods.recipes import looks_at_answers, needs_calibration
from engine.models.loading import LoadedModel
from engine.models.paths import cache_directory
from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.manifest import CalibrationRecord
from engine.records.protocol import Event, Notice, Progress
from engine.records.recipes import Recipe
from engine.records.settings import Settings
from engine.scoring.solved import solved_items

SHIPPED = {"SmolLM2-135M-Instruct": "smollm2-135m-instruct.safetensors"}
"""Calibration samples that come with the package, by the name of the embedded model."""

Emit = Callable[[Event], None]


class CalibrationTexts:
    """Texts by their source, each made once.

    Args:
        loaded: the model, whose dense weights must be in use where text is sampled.
        keeper: of the manifest, which has the record of the run's own text.
        items: of the run; gold answers of half of them may be looked at.
        emit: takes progress.
        check: raises to cancel.
        before_sampling: called when a text must be sampled, before every step of it; the model may
            be used meanwhile.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        keeper: ManifestKeeper,
        items: Sequence[Item],
        emit: Emit,
        check: Callable[[], None],
        before_sampling: Callable[[], None],
    ) -> None:
        self._loaded = loaded
        self._keeper = keeper
        self._settings = keeper.manifest.settings
        self._items = items
        self._emit = emit
        self._check = check
        self._before_sampling = before_sampling
        self._made: dict[str, tuple[Tensor, CalibrationRecord]] = {}

    def of_recipe(self, recipe: Recipe) -> tuple[Tensor, CalibrationRecord | None]:
        """A recipe's token ids, `(sequences, tokens)`, and their record; none where it needs none.

        Raises:
            UserError: the text can't be had.
        """
        if not needs_calibration(recipe):
            return torch.empty(0, 0, dtype=torch.long), None
        return self.of_source(recipe.calibration or self._settings.calibration)

    def of_source(self, source: str) -> tuple[Tensor, CalibrationRecord]:
        """The token ids of a source, `(sequences, tokens)`, and their record; raises likewise."""
        if source not in self._made:
            settings, record = self._settings, self._loaded.record
            kept = cache_directory() / "calibration"
            shipped = SHIPPED.get(record.name) if record.source == "embedded" else None
            with held(kept / f"{record.weights_hash}", self._check):
                self._made[source] = calibration_sequences(
                    self._loaded.model,
                    self._loaded.tokenizer,
                    CalibrationText(
                        source,
                        settings.calibration_sequences,
                        settings.calibration_tokens,
                        settings.seed,
                    ),
                    SampleFiles(kept, record.weights_hash, shipped, self._notify),
                    Reporter(
                        partial(progress_of(self._emit), "calibrate"),
                        self._check,
                        self._before_sampling,
                    ),
                    solved=self.solved,
                )
            if source == settings.calibration:
                self._keeper.update(calibration=self._made[source][1])
        return self._made[source]

    def _notify(self, text: str) -> None:
        self._emit(Notice(text=text))

    @cached_property
    def choosing(self) -> tuple[Item, ...]:
        """The half of the items whose gold answers may be looked at.

        Raises:
            UserError: there are too few.
        """
        choosing = halves(self._items, self._settings.seed).choosing
        if not choosing:
            raise UserError(
                "the gold answers of half of the items are to be looked at, "
                f"and there {'is' if len(self._items) == 1 else 'are'} {len(self._items)} of them",
                "Give more items.",
            )
        return choosing

    def solved(self) -> list[tuple[int, ...]]:
        """That half with its gold answers, as token ids."""
        return solved_items(self.choosing, self._loaded.tokenizer, self._settings)

    @property
    def note(self) -> str:
        """What a reader must know of a variant that looks at answers."""
        count, total = len(self.choosing), len(self._items)
        return f"made with the gold answers of {count} of these {total} items"


def uses_items(recipe: Recipe, settings: Settings) -> bool:
    """Whether a recipe looks at the gold answers of items, for its calibration or otherwise."""
    source = recipe.calibration or settings.calibration
    calibrated = needs_calibration(recipe) and SOLVED in source.split("+")
    return calibrated or looks_at_answers(recipe)


def progress_of(emit: Emit) -> Callable[[str, str, int, int | None], None]:
    """Takes stage, detail, done and total, and emits them."""

    def progress(stage: str, detail: str, done: int, total: int | None) -> None:
        emit(Progress(stage=stage, detail=detail, done=done, total=total))

    return progress

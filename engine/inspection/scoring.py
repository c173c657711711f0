"""Scoring the items of a run batch by batch, the first ones under each variant as it is made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import takewhile

from engine.inspection.fitting import SCORING, fitting_size
from engine.inspection.inspection import Inspection
from engine.inspection.opened import OpenedRun
from engine.inspection.others import Others, Overtaken
from engine.inspection.planning import plan_batches, preparer, require_fitting
from engine.judging.background import Background
from engine.records.items import Item
from engine.records.manifest import ROWS, TRIES
from engine.records.protocol import ItemPreviewed, ItemScored, Progress, Question
from engine.records.scores import ScoredItem
from engine.scoring.ahead import Ahead
from engine.scoring.items import score_batch
from engine.scoring.prepared import PreparedItem
from engine.scoring.prompts import resolve_style

ITEMS_AHEAD = 48
"""At most so many items are scored before all variants are ready."""


class Scoring:
    """What scores the items of a run that its log doesn't have yet.

    The first batch is scored under the dense model before anything else is made ready. While a
    variant is compressed, or its calibration text sampled, the first items have been scored under
    the variants that are ready. They are shown so, and nothing is computed twice: their batches
    take over what was found.

    Args:
        inspection: takes events, answers questions between steps.
        run: whose log takes the scored items.
        items: of the run.
        others: the other processes that score it.
    """

    def __init__(
        self, inspection: Inspection, run: OpenedRun, items: Sequence[Item], others: Others
    ) -> None:
        self._inspection = inspection
        self._run = run
        self._items = items
        self._others = others
        self._bench = run.ready(())
        self._settings = self._bench.settings
        tokenizer = self._bench.loaded.tokenizer
        styles = {resolve_style(self._settings.prompt, item, tokenizer) for item in items}
        run.keeper.update(prompt=", ".join(sorted(styles)))
        model = self._bench.loaded.model
        self._prepare = preparer(model, tokenizer, self._settings)
        require_fitting(items, model, self._prepare)
        self._size = fitting_size(
            SCORING, self._bench.loaded, run.keeper, inspection.emit, begun=bool(run.log.scored)
        )
        self._background = Background(items, self._settings.answer_tokens)
        self._ahead = Ahead()

    def score(self) -> None:
        """Score them all, under every variant.

        Raises:
            UserError: a variant can't be made, or its logits are not finite.
        """
        log = self._run.log
        if self._run.share.processes == 1:
            self._score_ahead(self._first[:1])
            self._bench.meanwhile = lambda: self._score_ahead(self._first)
        self._bench.between = self._answer_ahead
        try:
            self._run.ready(self._settings.variants)
        finally:
            self._bench.meanwhile = self._bench.between = None
        for batch in self._others.in_turn(
            lambda: plan_batches(self._items, self._prepare, self._settings.batch_size, log.scored),
            name=lambda batch: batch[0].item.id,
            undone=lambda batch: any(map(self._unscored, batch)),
        ):
            for scored_items in self._size.compute(batch, self._score, wanted=self._unscored):
                # A batch that was cut short is computed again as a whole; what is on disk stays.
                new = [scored for scored in scored_items if scored.item.id not in log.scored]
                log.append_scored(new)
                for scored in new:
                    self._inspection.emit(ItemScored(scored=scored))

    def _unscored(self, prepared: PreparedItem) -> bool:
        return prepared.item.id not in self._run.log.scored

    def _score(self, piece: Sequence[PreparedItem]) -> list[ScoredItem]:
        def step() -> None:
            self._inspection.step()
            if self._others.overtook(lambda: any(map(self._unscored, piece))):
                raise Overtaken

        self._inspection.between_batches()
        packed = self._packed(piece)
        self._run.keeper.update(forward=TRIES if packed else ROWS)
        try:
            return score_batch(
                self._bench.variants,
                self._bench.loaded.tokenizer,
                piece,
                self._settings,
                step,
                packed=packed,
                background=self._background,
                ahead=self._ahead,
            )
        except Overtaken:
            return []

    def _packed(self, piece: Sequence[PreparedItem]) -> bool:
        return self._run.packed([prepared.open.ids for prepared in piece])

    # -- before all variants are ready -------------------------------------------------------

    def _answer_ahead(self) -> None:
        """Answer the questions that need no other variants than those that are ready."""
        ready, variants = self._bench.variants.names, self._settings.variants

        def answerable(question: Question) -> bool:
            needed = question.needs(variants)
            return needed is not None and needed.issubset(ready)

        self._inspection.step(answerable)

    @cached_property
    def _first(self) -> list[list[PreparedItem]]:
        """The first batches that are not done."""
        first: list[list[PreparedItem]] = []
        for batch in plan_batches(
            self._items, self._prepare, self._settings.batch_size, self._run.log.scored
        ):
            if sum(map(len, first)) + len(batch) > ITEMS_AHEAD:
                break
            first.append(batch)
        return first

    def _score_ahead(self, batches: Sequence[list[PreparedItem]]) -> None:
        """Score some batches under the variants that are ready, and show them."""
        ready = self._bench.variants.names
        names = tuple(takewhile(ready.__contains__, self._settings.variants))

        def score(piece: Sequence[PreparedItem]) -> list[ScoredItem]:
            packed = self._packed(piece)
            if self._ahead.has(names[-1], piece, packed=packed):
                return []
            return score_batch(
                self._bench.variants,
                self._bench.loaded.tokenizer,
                piece,
                self._settings,
                self._answer_ahead,
                packed=packed,
                background=self._background,
                names=names,
                ahead=self._ahead,
            )

        if names and batches:
            count = sum(map(len, batches))
            detail = f"the first {count} items" if count > 1 else "the first item"
            self._inspection.emit(
                Progress(stage="ahead", detail=detail, done=0, total=None, variant=names[-1])
            )
            for batch in batches:
                for scored_items in self._size.compute(batch, score, wanted=self._unscored):
                    for scored in scored_items:
                        if scored.item.id not in self._run.log.scored:
                            self._inspection.emit(ItemPreviewed(scored=scored))

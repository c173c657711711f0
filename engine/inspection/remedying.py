"""Trying what brings a run's answers back, and proving it on items that it was not chosen on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import msgspec
from torch import Tensor

from engine.analysis.remedying import remedy_report, trial_of
from engine.inspection.opened import OpenedRun
from engine.inspection.other_decodings import other_decodings
from engine.inspection.planning import plan_batches, preparer
from engine.inspection.workbench import Workbench
from engine.items.halves import halves
from engine.methods.amounts import Checkpoint, Sparsity
from engine.methods.levers import compresses, keeping
from engine.methods.recipes import parse_recipe
from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.recipes import Recipe
from engine.records.remedies import (
    HELD_OUT,
    DecodingRow,
    Perplexity,
    Proof,
    RemedyQuestion,
    RemedyReport,
    Trial,
)
from engine.records.scores import ScoredItem
from engine.records.settings import DENSE
from engine.remedies.pricing import at_the_same_cost, kept_blocks
from engine.remedies.question import control_items
from engine.remedies.search import Found, search
from engine.runs.remedies import RemedyLog
from engine.scoring.items import score_batch
from engine.scoring.perplexity import perplexity

KEPT_SHARE, PRICED = 0.13, 4
"""The share of the blocks that are left dense at a price, and how many recipes that makes with its
baselines."""

LEAST_ITEMS = 4
"""Fewer items can't be split into halves that say anything."""

Tell = Callable[[str, int, int | None], None]
"""Takes what is under way, and how much of it is done."""


class Remedying:
    """A search for remedies on a run that is open, as far as it has come.

    Args:
        run: with its model.
        question: what is asked.
        windows: of the question's text, `(windows, tokens)`; None where it has none.
        tell: takes progress.
        check: called between steps; raises to cancel.
        tried: takes every trial as it is known.
    """

    def __init__(
        self,
        run: OpenedRun,
        question: RemedyQuestion,
        windows: Tensor | None,
        tell: Tell,
        check: Callable[[], None],
        tried: Callable[[Trial], None],
    ) -> None:
        self._run = run
        self._question = question
        self._windows = windows
        self._tell = tell
        self._check = check
        self._tried = tried
        self._log = RemedyLog(run.log.directory)
        self._settings = run.log.manifest.settings
        self._halves = halves(run.log.items.values(), self._settings.seed)
        self._choosing, self._held_out = self._halves.choosing, self._halves.held_out
        self._control = control_items(question.control, self._settings)
        self._told: set[str] = set()
        self._notes: list[str] = []

    def report(self) -> RemedyReport:
        """Search and prove, as far as that isn't done yet; then what was found.

        Raises:
            UserError: there are too few items, or what making and scoring raise.
        """
        if len(self._choosing) + len(self._held_out) < LEAST_ITEMS:
            raise UserError(
                f"{len(self._run.log.items)} items are too few to choose remedies on one half of "
                "them and to prove them on the other",
                f"Score at least {LEAST_ITEMS}; 60 and more say something.",
            )
        if self._log.question != self._question:
            self._log.append(self._question)
        elif self._log.report is not None:
            return self._log.report
        base = parse_recipe(self._question.variant)
        found = Found(singles=(), path=(), best=base, baselines=())
        if compresses(base):
            question = self._question
            found = search(base, question.calibrations, self._try, biases=question.biases)
        proven = tuple(dict.fromkeys((base, *found.proven)))
        for number, recipe in enumerate(proven):
            self._prove(recipe, number, len(proven))
        priced = self._priced(found.best)
        decodings = other_decodings(
            self._run, self._log, self._halves, (base, found.best), self._telling, self._check
        )
        report = self._reported(base, found, proven, priced, decodings)
        self._log.append(report)
        return report

    def _reported(
        self,
        base: Recipe,
        found: Found,
        proven: Sequence[Recipe],
        priced: Sequence[Recipe],
        decodings: Sequence[DecodingRow],
    ) -> RemedyReport:
        return remedy_report(
            base=base,
            best=found.best,
            baselines=found.baselines,
            proven=proven,
            priced=priced,
            trials=self._log.trials,
            proofs=self._log.proofs.values(),
            decodings=decodings,
            choosing=len(self._choosing),
            held_out=self._held_out,
            control=self._question.control,
            text=self._question.text,
            perplexities=self._log.perplexities,
            notes=self._notes,
        )

    # -- on the choosing half --------------------------------------------------------------

    def _try(self, recipe: Recipe) -> Trial:
        name = str(recipe)
        if name not in self._log.trials:
            self._tell(f"trying {recipe.label}", len(self._told), None)
            began = time.monotonic()
            with self._bench.trying(recipe) as blocks:
                scored = list(self._scored(name, self._choosing, compared=False))
            scores = [one.scores[name] for one in scored]
            self._log.append(trial_of(name, scores, blocks, time.monotonic() - began))
        if name not in self._told:
            self._told.add(name)
            self._tried(self._log.trials[name])
        return self._log.trials[name]

    # -- on items that nothing was chosen on -----------------------------------------------

    def _prove(self, recipe: Recipe, number: int, total: int) -> None:
        name = str(recipe)
        tasks = {HELD_OUT: self._held_out}
        if self._question.control is not None:
            tasks[self._question.control] = self._control
        missing = {
            task: items
            for task, items in tasks.items()
            if any((name, task, item.id) not in self._log.proofs for item in items)
        }
        if not missing and all(map(self._is_measured, (DENSE, name))):
            return
        self._tell(f"proving {recipe.label}", number, total)
        self._try(recipe)
        with self._bench.trying(recipe):
            for task, items in missing.items():
                proofs = [
                    Proof(recipe=name, task=task, scored=scored)
                    for scored in self._scored(name, items, compared=True)
                ]
                self._log.append(*proofs)
            for one in (DENSE, name):
                self._measure(one)

    def _is_measured(self, name: str) -> bool:
        text = self._question.text
        return text is None or (name, text) in self._log.perplexities

    def _measure(self, name: str) -> None:
        """The perplexity of a variant that is ready, where there is a text."""
        text = self._question.text
        if text is None or self._windows is None or self._is_measured(name):
            return
        with self._bench.variants.using(name) as model:
            value = perplexity(model, self._windows, self._check)
        self._log.append(Perplexity(recipe=name, text=text, value=value))

    def _priced(self, best: Recipe) -> tuple[Recipe, ...]:
        """What was chosen with some blocks left dense, and its baselines; none where it can't be.

        The blocks are those that the gold answers of the choosing half gain most from.
        """
        finished = isinstance(best.amount, Checkpoint)
        if not finished and not isinstance(best.amount, Sparsity):
            return ()
        try:
            gains = self._bench.gains(best)
        except UserError as error:
            if not finished:
                raise
            # Whoever made it may have packed its weights, or taken blocks away.
            self._notes.append(f"no block was restored: {error.message}")
            return ()
        chosen, drawn = kept_blocks(gains, KEPT_SHARE, self._settings.seed)
        kept, control = keeping(best, chosen), keeping(best, drawn)
        if kept is None or control is None:
            return ()
        self._prove(kept, 0, PRICED)
        matched = at_the_same_cost(best, self._log.trials[str(kept)].achieved_sparsity)
        baselines = tuple(dict.fromkeys((control, *matched)))
        for number, recipe in enumerate(baselines, start=1):
            self._prove(recipe, number, PRICED)
        return (kept, *(one for one in baselines if one != kept))

    def _telling(self, detail: str, done: int) -> None:
        self._tell(detail, done, None)

    # -- both ------------------------------------------------------------------------------

    @property
    def _bench(self) -> Workbench:
        return self._run.ready(())

    def _scored(self, name: str, items: Sequence[Item], *, compared: bool) -> Iterator[ScoredItem]:
        """Items under a variant; where it is compared, under the dense model, too, and in full."""
        bench, loaded = self._bench, self._bench.loaded
        settings = msgspec.structs.replace(
            self._settings,
            against=DENSE if compared else name,
            recipes=(name,) if compared else (),
            shown_candidates=compared and self._settings.shown_candidates,
            floor=False,
            letters=False,
        )
        size = settings.batch_size
        prepare = preparer(loaded.model, loaded.tokenizer, settings)
        for batch in plan_batches(items, prepare, size, first=size):
            packed = self._run.packed([prepared.open.ids for prepared in batch])
            yield from score_batch(
                bench.variants, loaded.tokenizer, batch, settings, self._check, packed=packed
            )

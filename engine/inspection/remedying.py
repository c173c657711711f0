"""Trying what brings a run's answers back, and proving it on items that it was not chosen on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext

import msgspec

from engine.analysis.remedying import decoding_row, remedy_report, trial_of
from engine.decoding.decoder import Decoder
from engine.decoding.redecode import redecode
from engine.inspection.opened import OpenedRun
from engine.inspection.planning import plan_batches, preparer
from engine.inspection.workbench import Workbench
from engine.items.halves import halves
from engine.methods.amounts import Sparsity
from engine.methods.levers import compresses, keeping, uniform_at
from engine.methods.recipes import parse_recipe
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.registry import parse_decoding
from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.recipes import Recipe
from engine.records.remedies import (
    HELD_OUT,
    DecodingRow,
    Proof,
    Redecoded,
    RemedyQuestion,
    RemedyReport,
    Trial,
)
from engine.records.scores import ScoredItem
from engine.records.settings import DENSE
from engine.remedies.question import control_items
from engine.remedies.search import Found, search
from engine.runs.remedies import RemedyLog
from engine.scoring.items import score_batch

DECODINGS = ("one-shot", "repetition-penalty=1.2", "beam=8")
"""Decodings that are tried beside recipes."""

KEPT_SHARE, PRICED = 0.13, 4
"""The share of the blocks that are left dense at a price, and how many recipes that makes with its
baselines."""

DECODED_AT_ONCE = 128
"""Hypotheses."""

LEAST_ITEMS = 4
"""Fewer items can't be split into halves that say anything."""

Tell = Callable[[str, int, int | None], None]
"""Takes what is under way, and how much of it is done."""


class Remedying:
    """A search for remedies on a run that is open, as far as it has come.

    Args:
        run: with its model.
        question: what is asked.
        tell: takes progress.
        check: called between steps; raises to cancel.
        tried: takes every trial as it is known.
    """

    def __init__(
        self,
        run: OpenedRun,
        question: RemedyQuestion,
        tell: Tell,
        check: Callable[[], None],
        tried: Callable[[Trial], None],
    ) -> None:
        self._run = run
        self._question = question
        self._tell = tell
        self._check = check
        self._tried = tried
        self._log = RemedyLog(run.log.directory)
        self._settings = run.log.manifest.settings
        both = halves(run.log.items.values(), self._settings.seed)
        self._choosing, self._held_out = both.choosing, both.held_out
        self._control = control_items(question.control, self._settings)
        self._told: set[str] = set()

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
            found = search(base, self._question.calibrations, self._try)
        proven = tuple(dict.fromkeys((base, *found.proven)))
        for number, recipe in enumerate(proven):
            self._prove(recipe, number, len(proven))
        priced = self._priced(found.best) if compresses(base) else ()
        decodings = self._decodings(base, found.best)
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
        if not missing:
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

    def _priced(self, best: Recipe) -> tuple[Recipe, ...]:
        """What was chosen with some blocks left dense, and its baselines; none where it can't be.

        The blocks are those that the gold answers of the choosing half gain most from.
        """
        if not isinstance(best.amount, Sparsity):
            return ()
        gains = self._bench.gains(best)
        count = max(1, round(KEPT_SHARE * len(gains)))
        chosen = sorted(range(len(gains)), key=lambda block: (-gains[block], block))[:count]
        drawn = random.Random(self._settings.seed).sample(range(len(gains)), count)
        kept, control = keeping(best, chosen), keeping(best, drawn)
        if kept is None or control is None:
            return ()
        self._prove(kept, 0, PRICED)
        sparsity = self._log.trials[str(kept)].achieved_sparsity
        matched = (uniform_at(best, sparsity), uniform_at(best, sparsity, owl=True))
        baselines = [one for one in (control, *matched) if one is not None]
        for number, recipe in enumerate(baselines, start=1):
            self._prove(recipe, number, PRICED)
        return tuple(dict.fromkeys((kept, *baselines)))

    def _decodings(self, base: Recipe, best: Recipe) -> list[DecodingRow]:
        """Other decodings of the held-out answers, of the dense model, the variant and the best."""
        recipes: dict[str, Recipe | None] = {DENSE: None, str(base): base, str(best): best}
        rows: list[DecodingRow] = []
        for text in DECODINGS:
            decoding = parse_decoding(text).seeded(self._settings.seed)
            for name, recipe in recipes.items():
                label = DENSE if recipe is None else recipe.label
                keys = [(name, decoding, item.id) for item in self._held_out]
                if not all(key in self._log.redecodes for key in keys):
                    self._tell(f"decoding {label} by {decoding.label}", len(rows), None)
                    self._redecode(name, recipe, decoding)
                redecodes = [self._log.redecodes[key] for key in keys]
                proofs = self._log.proofs
                source = name if recipe else str(base)
                greedy = {
                    item.id: proofs[source, HELD_OUT, item.id].scored.scores[name]
                    for item in self._held_out
                }
                rows.append(decoding_row(name, label, redecodes, greedy))
        return rows

    def _redecode(self, name: str, recipe: Recipe | None, decoding: Decoding) -> None:
        """Decode the held-out items; solved examples are taken from the other half."""
        bench, loaded = self._bench, self._bench.loaded
        decoder = Decoder(
            model=loaded.model,
            tokenizer=loaded.tokenizer,
            settings=self._settings,
            packed=self._run.packed,
            on_step=_untold,
            check=self._check,
        )
        items = self._held_out
        size = max(1, DECODED_AT_ONCE // decoding.hypotheses)
        with bench.trying(recipe) if recipe else nullcontext(), bench.variants.using(name):
            for start in range(0, len(items), size):
                batch = items[start : start + size]
                found = redecode(decoder, batch, name, decoding, self._choosing)
                self._log.append(*(Redecoded(recipe=name, redecode=one) for one in found))

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


def _untold(step: int, steps: int, texts: tuple[str, ...]) -> None:
    """Steps of a decoding that nobody follows."""

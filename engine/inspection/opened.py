"""A run that is open: its log, and its model as soon as something asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

from transformers import PreTrainedModel

from engine.decoding.decoder import Decoder, OnStep, no_partner
from engine.decoding.redecode import redecode
from engine.inspection.manifests import ManifestKeeper
from engine.inspection.tries import loaded_takes_tries
from engine.inspection.workbench import Workbench
from engine.items.asking import examples_for
from engine.judging.background import Background
from engine.models.paths import cache_directory
from engine.records.decodings.decoding import Decoding
from engine.records.errors import UserError
from engine.records.hypotheses import Redecode
from engine.records.instruments.instrument import Finding
from engine.records.items import Item
from engine.records.manifest import ROWS
from engine.records.protocol import Event, ManifestChanged, Notice
from engine.records.settings import DENSE
from engine.records.share import ALONE, Share
from engine.runs.asked import AskedLog
from engine.runs.log import RunLog
from engine.runs.variants import require_variant
from engine.scoring.packing import takes_tries

ONE_A_ROW = (
    "the attention of {name} takes no tree mask: sequences are computed one a row, which is slower"
)


class OpenedRun:
    """A run's log with the model that scores and re-decodes its items.

    Args:
        log: of the run, locked; `close` lets go of it.
        emit: takes progress and manifest events.
        check: raises to cancel; called while a model is loaded and variants are made.
        share: of this process, where several score the run.

    Attributes:
        kept: what instruments keep for the next time, by a name of their own.
        trusted: the settings are the user's own words; those of a saved run may be anybody's.
    """

    def __init__(
        self,
        log: RunLog,
        emit: Callable[[Event], None],
        check: Callable[[], None],
        share: Share = ALONE,
    ) -> None:
        self.log = log
        self.share = share
        self.keeper = ManifestKeeper(
            log.manifest,
            write=log.write_manifest,
            tell=lambda manifest: emit(ManifestChanged(manifest=manifest)),
        )
        self._emit = emit
        self._check = check
        self._bench: Workbench | None = None
        self._takes_tries: dict[PreTrainedModel, bool] = {}
        self.kept: dict[str, Any] = {}
        self.trusted = True

    @cached_property
    def asked(self) -> AskedLog:
        """What was asked beside the run's items; raises `UserError` where it can't be read."""
        return AskedLog(self.log.directory)

    @cached_property
    def background(self) -> Background:
        """The run's items, as far as other questions' answers are judged by them."""
        return Background(self.log.items.values(), self.log.manifest.settings.answer_tokens)

    def log_of(self, item_id: str) -> RunLog | AskedLog:
        """Where an item is kept: among what was asked, or else in the run."""
        return self.asked if item_id in self.asked.scored else self.log

    def append_findings(self, findings: Sequence[Finding]) -> None:
        """Put what an instrument found on disk, each finding where its item is kept."""
        for log in (self.log, self.asked):
            own = [one for one in findings if self.log_of(one.item_id) is log]
            if own:
                log.append_findings(own)

    def ready(self, names: Sequence[str]) -> Workbench:
        """The model with the named variants, loaded and made where they aren't yet.

        Raises:
            UserError: the run has no such variant.
        """
        known = dict.fromkeys((DENSE, *self.log.manifest.settings.variants))
        for name in names:
            require_variant(name, tuple(known))
        if self._bench is None:
            items = tuple(self.log.items.values())
            self._bench = Workbench.load(
                self.keeper, items, self._emit, self._check, self.share, trusted=self.trusted
            )
        for name in names:
            self._bench.make(name)
        return self._bench

    def packed(self, prompts: Sequence[Sequence[int]]) -> bool:
        """Whether all models here take tries; found out on the first prompts (token ids).

        A run that was begun one sequence a row goes on so.
        """
        bench = self.ready(())
        if self.keeper.manifest.forward == ROWS:
            return False
        for model in bench.variants.models:
            if model not in self._takes_tries:
                if model is bench.loaded.model:
                    taken = loaded_takes_tries(
                        bench.loaded, prompts, cache_directory(), self._check
                    )
                else:
                    taken = takes_tries(model, prompts, self._check)
                self._takes_tries[model] = taken
                if not taken:
                    self._emit(Notice(text=ONE_A_ROW.format(name=type(model).__name__)))
        return all(self._takes_tries[model] for model in bench.variants.models)

    def redecode(
        self,
        batch: Sequence[Item],
        variant: str,
        decoding: Decoding,
        on_step: OnStep,
        check: Callable[[], None],
    ) -> list[Redecode]:
        """Decode items again under a variant; raises as `ready` and `engine.decoding.redecode`.

        `check` is called at every step of the decoding.
        """
        partner = decoding.partner(variant, self.log.manifest.settings.variants)
        if partner == variant:
            raise UserError(
                f"{variant} can't be told from itself: the other variant must be another one",
                f"The run has {', '.join(self.log.manifest.settings.variants)}.",
            )
        bench = self.ready((variant,) if partner is None else (variant, partner))
        with bench.variants.using(variant) as model:
            decoder = Decoder(
                model=model,
                tokenizer=bench.loaded.tokenizer,
                settings=bench.settings,
                packed=self.packed,
                on_step=on_step,
                check=check,
                partner=no_partner if partner is None else partial(bench.variants.using, partner),
            )
            return redecode(decoder, batch, variant, decoding, self._examples(batch))

    def _examples(self, batch: Sequence[Item]) -> list[Item]:
        """The items that solved examples are taken from."""
        items = list(self.log.items.values())
        asked = [item for item in batch if item.id in self.asked.scored]
        return examples_for(asked[0], items) if asked else items

    def close(self) -> None:
        """Let go of the run directory."""
        self.log.close()

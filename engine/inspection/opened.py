"""A run that is open: its log, and its model as soon as something asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.decoding.decoder import Decoder, OnStep
from engine.decoding.redecode import redecode
from engine.inspection.manifests import ManifestKeeper
from engine.inspection.workbench import Workbench
from engine.records.decodings.decoding import Decoding
from engine.records.hypotheses import Redecode
from engine.records.items import Item
from engine.records.manifest import ROWS, TRIES
from engine.records.protocol import Event, ManifestChanged, Notice
from engine.records.settings import DENSE
from engine.runs.log import RunLog
from engine.runs.variants import require_variant
from engine.scoring.packing import takes_tries
from engine.scoring.prepared import PreparedItem

ONE_A_ROW = (
    "this model's attention takes no tree mask: sequences are scored one a row, which is slower"
)


class OpenedRun:
    """A run's log with the model that scores and re-decodes its items.

    Args:
        log: of the run, locked; `close` lets go of it.
        emit: takes progress and manifest events.
        check: raises to cancel; called while a model is loaded and variants are made.
    """

    def __init__(
        self, log: RunLog, emit: Callable[[Event], None], check: Callable[[], None]
    ) -> None:
        self.log = log
        self.keeper = ManifestKeeper(
            log.manifest,
            write=log.write_manifest,
            tell=lambda manifest: emit(ManifestChanged(manifest=manifest)),
        )
        self._emit = emit
        self._check = check
        self._bench: Workbench | None = None

    def ready(self, names: Sequence[str]) -> Workbench:
        """The model with the named variants, loaded and made where they aren't yet.

        Raises:
            UserError: the run has no such variant.
        """
        known = dict.fromkeys((DENSE, *self.log.manifest.settings.variants))
        for name in names:
            require_variant(name, tuple(known))
        if self._bench is None:
            self._bench = Workbench.load(self.keeper, self._emit, self._check)
        for name in names:
            self._bench.make(name)
        return self._bench

    def packed(self, batch: Sequence[PreparedItem]) -> bool:
        """Whether items are scored as tries: as the run began, else found out on a first batch."""
        bench = self.ready(())
        if self.keeper.manifest.forward is None:
            with bench.variants.using(DENSE) as model:
                packed = takes_tries(model, batch, self._check)
            self.keeper.update(forward=TRIES if packed else ROWS)
            if not packed:
                self._emit(Notice(text=ONE_A_ROW))
        return self.keeper.manifest.forward == TRIES

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
        bench = self.ready((variant,))
        with bench.variants.using(variant) as model:
            decoder = Decoder(
                model=model,
                tokenizer=bench.loaded.tokenizer,
                settings=bench.settings,
                on_step=on_step,
                check=check,
            )
            return redecode(decoder, batch, variant, decoding, list(self.log.items.values()))

    def close(self) -> None:
        """Let go of the run directory."""
        self.log.close()

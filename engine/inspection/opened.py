"""A run that is open: its log, and its model as soon as something asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.decoding.decoder import Decoder, OnStep
from engine.decoding.redecode import redecode
from engine.inspection.preparation import Workbench
from engine.records.decodings.decoding import Decoding
from engine.records.errors import UserError
from engine.records.hypotheses import Redecode
from engine.records.items import Item
from engine.records.manifest import Manifest
from engine.records.protocol import Event, ManifestChanged
from engine.records.settings import DENSE
from engine.runs.log import RunLog


class OpenedRun:
    """A run's log with the model that scores and re-decodes its items.

    Args:
        log: of the run, locked; `close` lets go of it.
        emit: takes progress and manifest events.
        check: raises to cancel; called between all longer steps.
    """

    def __init__(
        self, log: RunLog, emit: Callable[[Event], None], check: Callable[[], None]
    ) -> None:
        self.log = log
        self._emit = emit
        self._check = check
        self._bench: Workbench | None = None

    def ready(self, names: Sequence[str]) -> Workbench:
        """The model with the named variants, loaded and made where they aren't yet.

        Raises:
            UserError: the run has no such variant.
        """
        manifest = self.log.manifest
        known = manifest.settings.variants
        for name in names:
            if name not in (DENSE, *known):
                raise UserError(f"The run has no variant {name}", f"It has {', '.join(known)}.")
        if self._bench is None:
            self._bench = Workbench(manifest.settings, manifest, self._pass_on, self._check)
        for name in names:
            self._bench.make(name)
        return self._bench

    def redecode(
        self, batch: Sequence[Item], name: str, decoding: Decoding, on_step: OnStep
    ) -> list[Redecode]:
        """Decode items anew under a variant; raises as `ready` and `engine.decoding.redecode`."""
        bench = self.ready((name,))
        with bench.variants.using(name) as model:
            decoder = Decoder(
                model=model,
                tokenizer=bench.loaded.tokenizer,
                settings=bench.settings,
                on_step=on_step,
                check=self._check,
            )
            return redecode(decoder, batch, name, decoding, list(self.log.items.values()))

    def note(self, manifest: Manifest) -> None:
        """Put on disk, and tell, what is now known of the run; raises as the log does."""
        self.log.write_manifest(manifest)
        if self._bench is not None:
            self._bench.manifest = manifest
        self._emit(ManifestChanged(manifest=manifest))

    def close(self) -> None:
        """Let go of the run directory."""
        self.log.close()

    def _pass_on(self, event: Event) -> None:
        if isinstance(event, ManifestChanged):
            self.note(event.manifest)
        else:
            self._emit(event)

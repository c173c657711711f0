"""What shaped the numbers of a run."""

from __future__ import annotations

import msgspec

from engine.records.settings import Settings

FORMAT = 1
"""Version of the run directory's format."""


TRIES, ROWS = "tries", "rows"
"""How sequences pass through the model: many in a row under a tree mask, or one in a row."""


class ModelRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The model that was loaded.

    `weights_hash` is the SHA-256 over the names and hashes of its weight files.
    """

    name: str
    source: str
    architecture: str
    parameters: int
    revision: str | None = None
    weights_hash: str | None = None


class CalibrationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The calibration text: `hash` is the SHA-256 of its token ids."""

    source: str
    hash: str
    seed: int
    sequences: int
    tokens: int


class BlockSparsity(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Zeros in one decoder block's linear weights."""

    block: int
    zeros: int
    weights: int

    @property
    def sparsity(self) -> float:
        """Share of zeros."""
        return self.zeros / self.weights if self.weights else 0.0


class VariantRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One variant as it came out.

    `notes` holds what a reader must know ("block 3 mlp.down_proj: damping raised to 10 %");
    `calibration` is the variant's own text, None where it is the run's.
    """

    name: str
    label: str
    blocks: tuple[BlockSparsity, ...] = ()
    notes: tuple[str, ...] = ()
    calibration: CalibrationRecord | None = None

    @property
    def achieved_sparsity(self) -> float:
        """Share of zeros over all linear weights of the decoder blocks."""
        weights = sum(block.weights for block in self.blocks)
        return sum(block.zeros for block in self.blocks) / weights if weights else 0.0


class ItemsRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The items of the run: `hash` is the SHA-256 of them as scored, in order; `borrowed` counts
    those whose options are other items' answers."""

    source: str
    hash: str
    count: int
    licence: str | None = None
    borrowed: int = 0


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that shaped a run's numbers; grows while the run is prepared.

    `prompt` is the style in use after "auto" was resolved, `forward` how sequences are computed
    (`TRIES` or `ROWS`); `created` is in UTC (ISO 8601).
    `batch_size` and `recovery_hypotheses` are what fits the device at a time, where that is less
    than the settings ask for: items that are scored, hypotheses of a recovery.
    """

    format: int = FORMAT
    settings: Settings
    items: ItemsRecord
    created: str
    versions: dict[str, str] = {}
    model: ModelRecord | None = None
    calibration: CalibrationRecord | None = None
    variants: tuple[VariantRecord, ...] = ()
    prompt: str | None = None
    forward: str | None = None
    dtype: str | None = None
    device: str | None = None
    batch_size: int | None = None
    recovery_hypotheses: int | None = None

"""What the summary says of the manifest: sparsity, and everything that shaped the numbers."""

from __future__ import annotations

from engine.records.items import BORROWED
from engine.records.manifest import ROWS, TRIES, Manifest, VariantRecord
from engine.text import displayable, fit
from tui.drawing.lines import Line, wrap
from tui.drawing.marks import spark

NO_SAVING = (
    "Unstructured zeros save neither time nor memory by themselves: the matrices keep their size, "
    "and only kernels or formats made for sparsity gain from them."
)


ALIKE = 0.005
"""Blocks whose shares of zeros differ by no more are alike."""


def heading(text: str) -> list[Line]:
    """A section's title."""
    return [[(text, "heading")]]


def sparsity_lines(record: VariantRecord | None, target: float, width: int) -> list[Line]:
    """Achieved sparsity overall and per block, and what it does not mean."""
    lines = heading("Sparsity")
    if record is None or not record.blocks:
        text = "This variant sets no weights to zero." if not target else "Not known yet."
        return lines + wrap([(text, "dim")], width)
    shares = [block.sparsity for block in record.blocks]
    lines.append(
        [
            (f"{100 * record.achieved_sparsity:.2f} %", "strong"),
            (" of the weights in the decoder's linear layers are zero", ""),
        ]
        if width >= 66
        else [(f"{100 * record.achieved_sparsity:.2f} %", "strong"), (" achieved", "")]
    )
    low, high = min(shares), max(shares)
    if high - low > ALIKE:
        lines.append([("per block  ", "dim"), (spark(shares[: width - 12]), "bar")])
        lines.append([(f"           lowest {100 * low:.1f} %, highest {100 * high:.1f} %", "dim")])
    else:
        lines.append([("the same in every block", "dim")])
    if target:
        lines += wrap([(NO_SAVING, "")], width)
    for note in record.notes:
        lines += wrap([(displayable(note), "dim")], width)
    return lines


FORWARD = {
    TRIES: "all of an item's prompts and answers in one row, under a tree mask",
    ROWS: "one sequence a row: the model's attention takes no tree mask",
}


def manifest_lines(manifest: Manifest, width: int) -> list[Line]:
    """Everything that shaped the numbers."""
    settings = manifest.settings
    model, calibration = manifest.model, manifest.calibration
    items = manifest.items
    borrowed = f", {BORROWED} for {items.borrowed:,}" if items.borrowed else ""
    facts: list[tuple[str, str]] = []
    if model is not None:
        facts += [
            ("model", f"{model.name}, {model.architecture}, {model.parameters:,} parameters"),
            ("from", " ".join(filter(None, (model.source, model.revision)))),
            ("weights", (model.weights_hash or "")[:16]),
        ]
    facts += [
        ("device", " ".join(filter(None, (manifest.device, manifest.dtype)))),
        ("batches", f"of at most {manifest.batch_size} items" if manifest.batch_size else ""),
        ("items", f"{items.source}, {items.count:,}{borrowed}, {items.hash[:16]}"),
        ("licence", manifest.items.licence or ""),
        ("prompt", f"{manifest.prompt or settings.prompt}"),
        ("forward", FORWARD.get(manifest.forward or "", "")),
        ("judge", settings.judge),
        ("choice", f"log-likelihood by {settings.choice}"),
        ("seed", str(settings.seed)),
    ]
    if calibration is not None:
        facts.append(
            (
                "calibrated",
                f"{calibration.source}, {calibration.sequences} × {calibration.tokens} tokens, "
                f"seed {calibration.seed}, {calibration.hash[:16]}",
            )
        )
    facts += [
        ("created", manifest.created),
        ("versions", ", ".join(f"{name} {v}" for name, v in manifest.versions.items())),
    ]
    lines = heading("What shaped the numbers")
    for name, value in facts:
        if value:
            lines += wrap([(fit(name, 12), "dim"), (displayable(value), "")], width, indent=12)
    return lines

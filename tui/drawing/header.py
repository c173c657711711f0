"""What the header says of a run's state."""

from __future__ import annotations

from dataclasses import dataclass

from engine.records.protocol import Progress
from tui.drawing.marks import duration_text
from tui.state.session import EngineDown
from tui.state.state import RunState

STAGES = {
    "read": "reading",
    "items": "fetching the items",
    "fetch": "fetching the model",
    "convert": "converting the model",
    "load": "loading the model",
    "calibrate": "calibrating",
    "prune": "compressing",
    "recover": "recovering",
    "remedy": "mending",
}


@dataclass(frozen=True)
class RunLine:
    """What the header says.

    Attributes:
        facts: after model and variant, the most important first; left out from the end.
        fraction: of the bar; None where the total is not known.
        status: beside the bar, in words.
        alarm: the status is something that went wrong.
    """

    model: str = ""
    variant: str = ""
    facts: tuple[str, ...] = ()
    fraction: float | None = None
    status: str = ""
    alarm: bool = False


def run_line(state: RunState, variant: str, down: EngineDown | None) -> RunLine:
    """Model, variant and facts of the run, and how far it has come."""
    manifest = state.manifest
    model = manifest.model.name if manifest and manifest.model else state.settings.model
    device = (manifest.device or "").partition(" (")[0] if manifest else ""
    place = f"{device} {manifest.dtype or ''}".strip() if manifest else ""
    prompt = f"prompt {manifest.prompt}" if manifest and manifest.prompt else ""
    items = f"items {manifest.items.source}" if manifest else f"items {state.settings.items}"
    label = state.label(variant)
    if len(state.variants) > 1:
        label += f" ({state.variants.index(variant) + 1} of {len(state.variants)})"
    fraction, status = _progress(state)
    if down is not None:
        status = f"engine ended, {state.scored} of {state.total or '?'} scored"
    return RunLine(
        model=model.rstrip("/").rsplit("/", 1)[-1],
        variant=label,
        facts=(place, prompt, items, state.directory or ""),
        fraction=fraction,
        status=status,
        alarm=down is not None,
    )


def stage_text(stage: Progress) -> str:
    """A stage in words."""
    words = STAGES.get(stage.stage, stage.stage)
    return f"{words}: {stage.detail}" if stage.detail else words


def _progress(state: RunState) -> tuple[float | None, str]:
    stage = state.stage
    if stage is not None:
        fraction = stage.done / stage.total if stage.total else None
        return fraction, stage_text(stage)
    fraction = state.scored / state.total if state.total else None
    if state.seconds is not None:
        return None, f"{state.scored:,} items scored"
    if not state.live:
        if state.scored < state.total:
            return fraction, f"saved run, {state.scored} of {state.total}"
        return None, f"saved run, {state.scored:,} items"
    if not state.total:
        return None, "starting the engine"
    status = f"scored {state.scored} of {state.total}"
    if state.paused:
        return fraction, f"paused, {status}"
    left = state.seconds_left()
    return fraction, status + (f", {duration_text(left)} left" if left is not None else "")

"""What the header says of a run's state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.records.protocol import Progress
from tui.drawing.marks import duration_text
from tui.state.session import EngineDown
from tui.state.state import RunState
from tui.state.view import Headline

STAGES = {
    "engine": "waiting for the engine",
    "read": "reading",
    "items": "fetching the items",
    "fetch": "fetching the model",
    "convert": "converting the model",
    "load": "loading the model",
    "ahead": "scoring",
    "calibrate": "calibrating",
    "prune": "compressing",
    "recover": "recovering",
    "remedy": "mending",
}


@dataclass(frozen=True)
class RunLine:
    """What the header says.

    Attributes:
        headline: what became of the accuracies, in forms from the longest to the shortest.
        facts: after model, variant and headline, the most important first; left out from the end.
        fraction: of the bar; None where the total is not known.
        status: beside the bar, in words.
        alarm: the status is something that went wrong.
    """

    model: str = ""
    variant: str = ""
    headline: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    fraction: float | None = None
    status: str = ""
    alarm: bool = False


def run_line(
    state: RunState, variant: str, down: EngineDown | None, headline: Headline | None = None
) -> RunLine:
    """Model, variant, headline and facts of the run, and how far it has come."""
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
    if overruled := state.notes.overruled:
        status += f", {overruled:,} overruled"
    if down is not None:
        status = f"engine ended, {state.scored} of {state.total or '?'} scored"
    return RunLine(
        model=model.rstrip("/").rsplit("/", 1)[-1],
        variant=label,
        headline=headline_forms(headline) if headline else (),
        facts=(place, prompt, items, state.directory or ""),
        fraction=fraction,
        status=status,
        alarm=down is not None,
    )


def headline_forms(headline: Headline) -> tuple[str, ...]:
    """How far the accuracies fell, and how much further the open one, in four lengths."""
    (opened, opened_after), (chosen, chosen_after) = headline.open, headline.choice
    illusion = f"{100 * headline.illusion:+.0f}".replace("-", "−")
    return (
        f"open {100 * opened:.0f} → {100 * opened_after:.0f} %   "
        f"choice {100 * chosen:.0f} → {100 * chosen_after:.0f} %   illusion {illusion}",
        f"open {100 * opened:.0f}→{100 * opened_after:.0f} %  "
        f"choice {100 * chosen:.0f}→{100 * chosen_after:.0f} %  illusion {illusion}",
        f"open {100 * opened:.0f}→{100 * opened_after:.0f}  "
        f"choice {100 * chosen:.0f}→{100 * chosen_after:.0f}",
        f"open {100 * opened:.0f}→{100 * opened_after:.0f}",
    )


def stage_text(stage: Progress, label: Callable[[str], str] = str) -> str:
    """A stage in words; `label` gives a variant's short form."""
    words = STAGES.get(stage.stage, stage.stage)
    if stage.variant is not None:
        words += f" {label(stage.variant)}"
    return f"{words}: {stage.detail}" if stage.detail else words


def _progress(state: RunState) -> tuple[float | None, str]:
    stage = state.stage
    if stage is not None:
        fraction = stage.done / stage.total if stage.total else None
        left = state.stage_seconds_left()
        text = stage_text(stage, state.label)
        return fraction, text + (f", {duration_text(left)} left" if left is not None else "")
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

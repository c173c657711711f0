"""Kill: whatever writes is killed at random moments, and the same command then ends as ever."""

from __future__ import annotations

import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from tests.harness.kill_scenes import SCENES, Place, Scene
from tests.harness.killed import AFTER, Played
from tests.harness.killing import MOST_DELAY, Moment
from tests.harness.part import Figure, Part

MOMENTS = 100
IN_A_ROW = (1, 1, 1, 2, 3)
"""So often a command is killed before it may end; one of these is drawn."""
SIGNALS = (
    *(signal.SIGKILL,) * 6,
    *(signal.SIGTERM,) * 2,
    signal.SIGHUP,
    signal.SIGINT,
)
ENOUGH = 3
"""After so many findings a scene is left."""
TRIES = 3
AT_STEPS = 0.5
"""The share of the moments that are at a step of writing, not at a time."""
TORN = 0.3
"""The share of the kills that leave half a line, as a write that is cut short does."""


def run(share: float, seed: int) -> Iterator[Figure]:
    """The scenes one after another, each with its share of the moments."""
    rng = random.Random(seed)
    # Under nohup it is ignored, also by what is started; what is handled isn't handed on.
    signal.signal(signal.SIGHUP, lambda *_: None)
    with tempfile.TemporaryDirectory(prefix="kill-") as base:
        place = Place(Path(base))
        for scene, count in apportioned(round(MOMENTS * share)):
            yield tried(scene, count, place, rng)


def apportioned(moments: int) -> list[tuple[Scene, int]]:
    """How many moments each scene gets, by its weight; those without any are left out."""
    total = sum(scene.weight for scene in SCENES)
    shares, begun = [], 0
    for scene in SCENES:
        before = begun * moments // total
        begun += scene.weight
        shares.append((scene, begun * moments // total - before))
    return [(scene, count) for scene, count in shares if count]


def tried(
    scene: Scene,
    moments: int,
    place: Place,
    rng: random.Random,
    in_a_row: Sequence[int] = IN_A_ROW,
) -> Figure:
    """Kill a scene's command at so many moments, and compare what it comes to each time."""
    played = Played(scene, place)
    findings = played.play_whole()
    counts: Counter[str] = Counter()
    longest, left = 0.0, moments
    # One that comes after the end hits nothing; what is over is then given again.
    tries = TRIES * moments
    while left > 0 and tries > 0 and len(findings) < ENOUGH:
        played.begin()
        struck = []
        for _ in range(min(rng.choice(in_a_row), left)):
            moment = drawn(played, rng)
            phase = played.kill(moment)
            struck.append(f"{phase}, {moment}")
            counts[f"{phase}, {moment.how}"] += 1
            left -= phase != AFTER
            tries -= 1
        began = time.monotonic()
        found = played.resume()
        longest = max(longest, time.monotonic() - began)
        if found:
            findings.append("\n".join([*struck, *found]))
    return Figure(
        what=f"kill: {scene.name}",
        cases=moments - left,
        findings=tuple(findings),
        seconds=longest,
        counts=dict(sorted(counts.items())),
    )


def drawn(played: Played, rng: random.Random) -> Moment:
    """A moment: half of them after a random time in a random phase, half at a step of writing."""
    scene = played.scene
    number = rng.choice(SIGNALS)
    engines = bool(played.steps["engine"])
    whom = rng.choice(("engine", "app", "both")) if engines else "app"
    process = rng.randrange(2) if scene.how == "shared" else 0
    torn = number == signal.SIGKILL and scene.how != "shared" and rng.random() < TORN
    moment = Moment(whom=whom, signal=number, torn=torn, process=process)
    steps = [f"{who} {at + 1}" for who, taken in played.steps.items() for at in range(len(taken))]
    if steps and rng.random() < AT_STEPS:
        held = rng.random() < 0.5
        delay = 0.0 if held else rng.uniform(0, MOST_DELAY)
        return replace(moment, step=rng.choice(steps), held=held, seconds=delay)
    phase = rng.randrange(len(played.phases))
    return replace(moment, phase=phase, seconds=rng.uniform(0, played.phases[phase]))


PART = Part(
    name="kill",
    help=f"{MOMENTS} kills of whatever writes: the same command then ends as it would have",
    run=run,
)

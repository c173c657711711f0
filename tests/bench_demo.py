"""What the demo makes a room wait for.

    python -m tests.bench_demo [--json FILE] [--short]

The real command in a pseudo-terminal of 120 x 34 cells, on the embedded model. A first run fills
the caches and isn't counted. Then, again and again: from the bare command to the first items, the
first dense answer and the last scored item; from Enter to both models' answers to a question; from
`stage` to its first page, and from the space bar to each next one.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections import defaultdict
from functools import partial
from pathlib import Path

from engine.models.paths import cache_directory
from tests.bench_figures import Table, parser
from tests.pty_command import PtyCommand

SIZE = (120, 34)
REPEATS = 5
BEATS = 5
GOALS = {
    "first items, s": 1.5,
    "first dense answer, s": 6.0,
    "answer to a question, s": 2.0,
    "next page of the stage, s": 0.1,
}
QUESTIONS = (
    ("What is the capital of Chile?", "Santiago"),
    ("What is the capital of Peru?", "Lima"),
)
PAUSE_SECONDS = 0.5
"""Between two actions, so that the first one's drawing is over."""
_SCORED = re.compile(r"\b60 items scored")


class Demo:
    """Plays the demo, and keeps how long each step took."""

    def __init__(self, home: Path) -> None:
        self.found: dict[str, list[float]] = defaultdict(list)
        self._home = home
        self._more = {
            "XDG_CACHE_HOME": str(cache_directory().parent),
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(home / "python"),
        }

    def inspector(self, number: int) -> None:
        """The bare command, up to the answers to two questions."""
        run = self._home / f"run-{number}"
        with PtyCommand(self._home, "--out", run, size=SIZE, **self._more) as command:
            found = self.found
            found["first items, s"].append(
                command.seconds_until(lambda text: "of China is" in text)
            )
            found["first dense answer, s"].append(
                command.seconds_until(lambda text: "✓ " in text, limit=60)
            )
            found["last of 60 items, s"].append(
                command.seconds_until(lambda text: bool(_SCORED.search(text)), limit=300)
            )
            for question, gold in QUESTIONS:
                time.sleep(PAUSE_SECONDS)
                command.seconds_for("a", lambda text: " ask " in text)
                time.sleep(PAUSE_SECONDS)
                command.press(f"\x1b[200~{question} = {gold}\x1b[201~")
                time.sleep(PAUSE_SECONDS)
                found["answer to a question, s"].append(
                    command.seconds_for("\r", partial(_has, f"✓ {gold}"))
                )

    def stage(self) -> None:
        """The stage with the run that comes along."""
        with PtyCommand(self._home, "stage", size=SIZE, **self._more) as command:
            self.found["first page of the stage, s"].append(
                command.seconds_until(lambda text: "next" in text)
            )
            for _ in range(BEATS):
                time.sleep(PAUSE_SECONDS)
                self.found["next page of the stage, s"].append(
                    command.seconds_for(" ", lambda text: bool(text.strip()))
                )


def _has(text: str, painted: str) -> bool:
    return text in painted


def main() -> None:
    """Print a Markdown table."""
    chosen = parser("bench_demo").parse_args()
    with tempfile.TemporaryDirectory() as name:
        for counted in (False, True):
            demo = Demo(Path(name))
            for number in range(1 if chosen.short or not counted else REPEATS):
                demo.inspector(2 * number + counted)
                demo.stage()
    table = Table()
    for step, seconds in demo.found.items():
        table.add(step, seconds, at_most=GOALS.get(step))
    table.write(chosen.json)


if __name__ == "__main__":
    main()

"""How soon the screen is there, and how soon it answers in a large run.

    python -m tests.bench_screen [--short] [--json FILE]

The real command in a pseudo-terminal of 160 x 48 cells: seconds from its start to the first frame
and to the first rows, beside a fresh `python -c "import textual.app"` in the same series, and to
the rows of a run of 100,000 items; the most memory of its process; and how soon a page of other
items is painted after a key, while the rest of the run is read, when nothing happens, and while
items are scored. Python may keep compiled modules, as it does where the command is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from tests.large_run import marked_numbers, question_mark, write_large_run
from tests.pty_command import PtyCommand

SIZE = (160, 48)
SMALL = 92
PAGE_DOWN = "\x1b[6~"
FILTERS = ("rank>3", "brasília", "choice:right p<10%")
PAGE_SECONDS, PAUSE_SECONDS = 0.08, 0.3
"""Between two keys, so that what the first one began is over."""
_SHOWN = re.compile(r"[\d,]+ shown")

GOALS = {
    "first frame / import textual.app": 2.0,
    "rows of 92 items / import textual.app": 4.0,
    "first rows of the large run, s": 2.0,
    "peak memory, MB": 1000.0,
    "key while it is read, ms": 20.0,
    "key, ms": 20.0,
    "key while items are scored, ms": 20.0,
    "sort, ms": 180.0,
    "filter, ms": 180.0,
    "sort while items are scored, ms": 180.0,
    "filter while items are scored, ms": 180.0,
}


class Bench:
    """Measures, and keeps what was measured.

    Args:
        home: for runs, config, logs and caches.
        large: items of the large run.
        repeats: of what is started anew.
        keys: how often each key is pressed.
    """

    def __init__(self, home: Path, large: int, repeats: int, keys: int) -> None:
        self.found: dict[str, list[float]] = defaultdict(list)
        self._home = home
        self._large = large
        self._repeats = repeats
        self._keys = keys
        self._python = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(home / "python")}

    def start(self) -> None:
        """The first frames on a small run, and importing Textual, by turns."""
        run = self._home / "small"
        write_large_run(run, SMALL)
        found = self.found
        for repetition in range(self._repeats + 1):
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", "import textual.app"],
                check=True,
                env={**os.environ, **self._python},
            )
            imported = time.perf_counter() - began
            with self._opened("open", run) as command:
                frame = command.seconds_until(_first_frame)
                rows = command.seconds_until(_first_rows)
            # Modules are compiled at the first time.
            if repetition:
                found["import textual.app, s"].append(imported)
                found["first frame, s"].append(frame)
                found["rows of 92 items, s"].append(rows)
                found["first frame / import textual.app"].append(frame / imported)
                found["rows of 92 items / import textual.app"].append(rows / imported)

    def saved(self) -> None:
        """The large run, opened from disk."""
        run = self._home / "large"
        write_large_run(run, self._large)
        for _ in range(self._repeats):
            with self._opened("open", run) as command:
                rows = command.seconds_until(_first_rows)
                self.found["first rows of the large run, s"].append(rows)
                self._press(command, "key while it is read, ms")
                command.wait_for(f"saved run, {self._large:,} items")
                self.found["all rows tabulated, s"].append(time.perf_counter() - command.started)
                self._press(command, "key, ms")
                self._arrange(command, ", ms")
                self.found["peak memory, MB"].append(command.peak_bytes() / 1e6)

    def live(self) -> None:
        """The large run while more of its items are scored."""
        engine = shlex.join(
            [sys.executable, "-m", "tests.growing_engine", str(self._home / "large")]
        )
        with self._opened("--engine", engine, "--out", self._home / "live") as command:
            command.wait_for(" left")
            self._press(command, "key while items are scored, ms")
            self._arrange(command, " while items are scored, ms")

    @contextmanager
    def _opened(self, *arguments: object) -> Iterator[PtyCommand]:
        with PtyCommand(self._home, *arguments, size=SIZE, **self._python) as command:
            yield command

    def _press(self, command: PtyCommand, name: str) -> None:
        """Go through the items page by page."""
        last = max(marked_numbers(command.listen(PAUSE_SECONDS)), default=1)
        for _ in range(self._keys):
            seconds = command.seconds_for(PAGE_DOWN, partial(_beyond, last))
            self.found[name].append(1000 * seconds)
            # The rest of the page comes after what the wait was for.
            last = max(marked_numbers(command.painted + command.listen(PAGE_SECONDS)))

    def _arrange(self, command: PtyCommand, suffix: str) -> None:
        """Sort by each column, then filter."""
        before: int | None = None
        for _ in range(self._keys):
            time.sleep(PAUSE_SECONDS)
            seconds = command.seconds_for(">", partial(_arrow_moved, before))
            before = _arrow(command.painted)
            self.found[f"sort{suffix}"].append(1000 * seconds)
        for text in FILTERS[: self._keys]:
            command.seconds_for("/", lambda painted: "words, or" in painted)
            time.sleep(PAUSE_SECONDS)
            seconds = command.seconds_for(
                f"\x1b[200~{text}\x1b[201~", lambda painted: bool(_SHOWN.search(painted))
            )
            self.found[f"filter{suffix}"].append(1000 * seconds)
            # What comes soon after an escape would be taken for one key with it.
            command.press("\x1b")
            time.sleep(PAUSE_SECONDS)


def _first_frame(painted: str) -> bool:
    # The last of the keys is in the corner that is painted last.
    return " quit" in painted


def _first_rows(painted: str) -> bool:
    return question_mark(3) in painted


def _beyond(number: int, painted: str) -> bool:
    """Whether an item is painted that comes after one."""
    return max(marked_numbers(painted), default=0) > number


def _arrow_moved(before: int | None, painted: str) -> bool:
    return _arrow(painted) not in {None, before}


def _arrow(painted: str) -> int | None:
    """Where the arrow stands that marks the column by which the table is sorted."""
    headers = [line for line in painted.splitlines() if "question" in line and "p(gold)" in line]
    place = headers[-1].find("▲") if headers else -1
    return None if place < 0 else place


def table(found: dict[str, list[float]]) -> str:
    """What was measured in Markdown."""
    lines = ["| | median | range | n | goal |", "| --- | --- | --- | --- | --- |"]
    for name, values in found.items():
        goal = f"≤ {GOALS[name]:g}" if name in GOALS else ""
        digits = 2 if max(values) < 50 else 0
        middle, low, high = (f"{each:.{digits}f}" for each in _middle_and_range(values))
        lines.append(f"| {name} | {middle} | {low}–{high} | {len(values)} | {goal} |")
    return "\n".join(lines)


def as_json(found: dict[str, list[float]]) -> dict[str, dict[str, float | None]]:
    """The same for programs."""
    described: dict[str, dict[str, float | None]] = {}
    for name, values in found.items():
        middle, low, high = _middle_and_range(values)
        described[name] = {"median": middle, "min": low, "max": high, "goal": GOALS.get(name)}
    return described


def _middle_and_range(values: list[float]) -> tuple[float, float, float]:
    return median(values), min(values), max(values)


def measure(*, short: bool) -> dict[str, list[float]]:
    """All measurements by name; short ones tell that they can be made, and little else."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        bench = Bench(home, 200, repeats=1, keys=1) if short else Bench(home, 100_000, 5, 8)
        bench.start()
        bench.saved()
        bench.live()
    return dict(bench.found)


def main() -> None:
    """Print a table; write a JSON object where a file is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_screen")
    parser.add_argument("--short", action="store_true", help="a few hundred items, once")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same as JSON")
    arguments = parser.parse_args()
    found = measure(short=arguments.short)
    print(table(found))
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(found), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

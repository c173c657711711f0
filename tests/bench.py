"""All benchmarks, one after another, as one table and one JSON file.

    python -m tests.bench [--json FILE] [--short]

Each compares with its peer within one process. Nothing else should run meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.bench_figures import HEADER, Figure, parser, row

BENCHMARKS = (
    "bench_scoring",
    "bench_recovery",
    "bench_questions",
    "bench_compression",
    "bench_memory",
    "bench_start",
    "bench_screen",
    "bench_demo",
)


def main() -> None:
    """Run them, and print what each found, then everything once more."""
    chosen = parser("bench").parse_args()
    found: dict[str, dict[str, Figure]] = {}
    with tempfile.TemporaryDirectory() as directory:
        for name in BENCHMARKS:
            print(f"\n{name}", flush=True)
            file = Path(directory) / f"{name}.json"
            command = [sys.executable, "-m", f"tests.{name}", "--json", str(file)]
            subprocess.run([*command, "--short"] if chosen.short else command, check=True)
            found[name] = msgspec.json.decode(file.read_bytes(), type=dict[str, Figure])
    print(f"\n{HEADER}")
    for figures in found.values():
        for name, one in figures.items():
            print(row(name, one))
    if chosen.json is not None:
        chosen.json.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")


if __name__ == "__main__":
    main()

"""Run the parts, and print what they came to; exit status 1 where they found anything."""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path

import msgspec

from tests.harness.part import HEADER, Figure, parts, row

SHORT = 0.02
"""The share of the trials that the short form makes."""


def main() -> int:
    """Run what is asked for."""
    known = parts()
    parser = argparse.ArgumentParser(
        prog="python -m tests.harness",
        epilog="; ".join(f"{part.name}: {part.help}" for part in known.values()),
    )
    parser.add_argument("part", nargs="*", help=f"of {', '.join(known)}; all by itself")
    parser.add_argument("--short", action="store_true", help="a fiftieth of the trials")
    parser.add_argument("--share", type=float, default=1.0, help="of the trials, such as 0.1 or 2")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    asked = parser.parse_args()
    if unknown := [name for name in asked.part if name not in known]:
        parser.error(f"no part {', '.join(unknown)}")
    figures: list[Figure] = []
    print(f"seed {asked.seed}\n\n{HEADER}", flush=True)
    for name in asked.part or known:
        for figure in known[name].run(SHORT if asked.short else asked.share, asked.seed):
            figures.append(figure)
            print(row(figure), flush=True)
    if asked.json is not None:
        asked.json.write_bytes(msgspec.json.format(msgspec.json.encode(figures)) + b"\n")
    for figure in figures:
        if figure.seen:
            print(f"\n{figure.what}, seen: {', '.join(figure.seen)}")
        if figure.numbers:
            told = ", ".join(f"{name} {value:.6g}" for name, value in figure.numbers.items())
            print(f"\n{figure.what}: {told}")
    for figure in figures:
        for text in figure.findings:
            print(f"\n{figure.what}\n{text}", file=sys.stderr)
    return int(any(figure.findings for figure in figures))


if __name__ == "__main__":
    sys.exit(main())

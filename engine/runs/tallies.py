"""How many answers of a run are right, read from its log with as little work as can be."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec
from platformdirs import user_cache_path

from engine.files import write_atomically
from engine.records.errors import UserError
from engine.records.lines import LineDecoder
from engine.records.scores import ChoiceScore
from engine.runs.reading import (
    LOG,
    damaged,
    part_directories,
    read_manifest,
    unreadable,
)
from engine.runs.sealing import opened, run_number

Stamp = tuple[tuple[str, int, int], ...]
"""Path, size and time of change (nanoseconds) of each log that a run has."""


class Tally(msgspec.Struct, frozen=True, array_like=True):
    """So many right of n."""

    right: int
    n: int

    @property
    def share(self) -> float | None:
        """The share that is right; None of none."""
        return self.right / self.n if self.n else None


class VariantTally(msgspec.Struct, frozen=True, kw_only=True):
    """Open answers and choices of one variant."""

    open: Tally
    choice: Tally


class RunTally(msgspec.Struct, frozen=True, kw_only=True):
    """How many items are scored, and what is right by variant."""

    scored: int
    variants: dict[str, VariantTally]


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    stamp: Stamp
    tally: RunTally


class TallyCache:
    """The tallies of runs, kept until their logs change: large logs take seconds to count.

    The file is in the user's cache; nothing is lost with it.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Read what is kept; a file that can't be read counts as none."""
        self._path = path or user_cache_path("illusion-tui") / "tallies" / "runs.json"
        self._kept: dict[str, _Kept] = {}
        self._changed = False
        with contextlib.suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
            self._kept = msgspec.json.decode(self._path.read_bytes(), type=dict[str, _Kept])

    def known(self, directory: Path) -> RunTally | None:
        """The tally of a run that was counted and has not changed since."""
        kept = self._kept.get(str(directory))
        return kept.tally if kept is not None and kept.stamp == log_stamp(directory) else None

    def tally(self, directory: Path) -> RunTally:
        """The tally of a run, counted where it isn't known; raises `UserError` as `count_log`."""
        known = self.known(directory)
        if known is not None:
            return known
        # A log that grows meanwhile is counted again the next time.
        stamp = log_stamp(directory)
        tally = count_logs(Path(path) for path, _, _ in stamp)
        self._kept[str(directory)] = _Kept(stamp=stamp, tally=tally)
        self._changed = True
        return tally

    def save(self) -> None:
        """Keep what was counted, unless that can't be written."""
        if self._changed:
            self._kept = {name: kept for name, kept in self._kept.items() if Path(name).is_dir()}
            with contextlib.suppress(OSError, UserError, UnicodeEncodeError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(self._path, msgspec.json.encode(self._kept))
            self._changed = False


def log_stamp(directory: Path) -> Stamp:
    """What tells whether the logs of a run have changed; those of its parts come first."""
    found = []
    for log in (*(part / LOG for part in part_directories(directory)), directory / LOG):
        try:
            state = log.stat()
        except OSError:
            # A part may have been taken over meanwhile; a run without a log can't be counted.
            if log.parent == directory:
                found.append((str(log), 0, 0))
        else:
            found.append((str(log), state.st_size, state.st_mtime_ns))
    return tuple(found)


class _Judgement(msgspec.Struct):
    correct: bool


class _Answer(msgspec.Struct):
    judgement: _Judgement


class _Score(msgspec.Struct):
    open: _Answer | None = None
    choice: ChoiceScore | None = None


class _Item(msgspec.Struct):
    id: str


class _Scored(msgspec.Struct):
    item: _Item
    scores: dict[str, _Score]


class _Line(msgspec.Struct):
    """As much of a line of the log as is counted."""

    scored: _Scored | None = None


_lines: LineDecoder[_Line] = LineDecoder(_Line)
_Verdicts = dict[str, tuple[bool | None, bool | None]]


def count_logs(logs: Iterable[Path]) -> RunTally:
    """Count what is right in the logs of a run; of an item that is there twice, the last counts.

    Raises:
        UserError: a log can't be read, or a line of it is damaged; the error names it.
    """
    verdicts: dict[str, _Verdicts] = {}
    for log in logs:
        run = run_number(read_manifest(log.parent))
        try:
            with log.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    # The last line lacks its end where its writer was killed.
                    if line.endswith(b"\n"):
                        where = f"{log}, line {number}"
                        _take(opened(line, where, run), where, verdicts)
        except OSError as error:
            raise unreadable(log, error) from error
    right: Counter[tuple[str, int]] = Counter()
    known: Counter[tuple[str, int]] = Counter()
    for scores in verdicts.values():
        for name, pair in scores.items():
            for measure, verdict in enumerate(pair):
                known[name, measure] += verdict is not None
                right[name, measure] += verdict is True
    tallies = {
        name: VariantTally(
            open=Tally(right[name, 0], known[name, 0]), choice=Tally(right[name, 1], known[name, 1])
        )
        for name in dict.fromkeys(name for name, _ in known)
    }
    return RunTally(scored=len(verdicts), variants=tallies)


def _take(line: bytes, where: str, verdicts: dict[str, _Verdicts]) -> None:
    try:
        scored = _lines.decode(line).scored
        if scored is not None:
            verdicts[scored.item.id] = {
                name: (
                    None if score.open is None else score.open.judgement.correct,
                    None if score.choice is None else score.choice.correct,
                )
                for name, score in scored.scores.items()
            }
    except ValueError as error:
        raise damaged(where, error) from error

"""Trying one surface with many cases, in a process of its own or in a test.

    python -m tests.harness.fuzzing SURFACE CASES SEED

writes the figure to standard output as JSON.
"""

from __future__ import annotations

import contextlib
import faulthandler
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import hypothesis
import msgspec
from hypothesis import HealthCheck, Phase
from hypothesis.configuration import set_hypothesis_home_dir

from engine.records.errors import LONGEST, UserError
from engine.text import displayable
from tests.harness.part import Figure
from tests.harness.surface import Surface, surfaces

SECONDS = 20.0
"""The time limit of a case."""
STUCK_SECONDS = 60.0
"""After so long, a case that no signal interrupts ends the process."""
MOST_MEMORY = 1 << 30
AT_ONCE = 1_000
"""Cases of one run of hypothesis, which remembers all that it tried, so as to try it once: of
filters 0.1 MB a case, until the run is over."""
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class TooSlow(BaseException):
    """A case reached its time limit. What is tried may catch every `Exception`, but not this."""


class Findings(Exception):
    """What went wrong, as texts."""


def fuzz(surface: Surface, cases: int, seed: int | None = None) -> Figure:
    """Try a surface; findings are what is neither a result nor one `UserError`, each at its least.

    Args:
        surface: to be tried.
        cases: how many of them; a few more where something is found and looked into.
        seed: of the choice of cases; None for the same ones every time.
    """
    tried, longest = 0, 0.0
    directory = Path(tempfile.mkdtemp(prefix="fuzz-"))

    def attempt(case: Any) -> None:
        nonlocal tried, longest
        tried += 1
        began = time.monotonic()
        try:
            with _limited():
                _expected(surface, case, directory)
        finally:
            longest = max(longest, time.monotonic() - began)

    # Nothing is kept between runs: a finding becomes a test.
    set_hypothesis_home_dir(directory / "hypothesis")
    found: tuple[str, ...] = ()
    try:
        for first in range(0, cases, AT_ONCE):
            block = None if seed is None else seed + first
            _try(surface, attempt, min(AT_ONCE, cases - first), block)
    except Exception as error:
        found = tuple(map(_told, _each(error)))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return Figure(what=surface.name, cases=tried, findings=found, seconds=longest)


def _try(surface: Surface, attempt: Callable[[Any], None], cases: int, seed: int | None) -> None:
    """Let so many cases in; raises what went wrong, once for each kind of it."""
    test = hypothesis.given(surface.cases)(attempt)
    test = hypothesis.settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=seed is None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )(test)
    if seed is not None:
        test = hypothesis.seed(seed)(test)
    test()


def _expected(surface: Surface, case: Any, directory: Path) -> None:
    """Let a case in; raises `AssertionError` for anything but a result or one `UserError`."""
    try:
        surface.attempt(case, directory)
    except UserError as error:
        _check(error)
    except TooSlow as error:
        raise AssertionError(f"it took longer than {SECONDS:.0f} s") from error
    except Exception:
        raise
    except BaseException as error:
        # A panic of Rust's is no `Exception`.
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
            raise
        raise AssertionError(f"{type(error).__name__}: {error}") from error


def _check(error: UserError) -> None:
    assert error.status == 2, f"status {error.status}: {error.message}"
    assert error.message, "an error without a message"
    assert len(error.message) <= LONGEST, "a message of any length"
    displayable(error.message).encode()


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    faulthandler.dump_traceback_later(STUCK_SECONDS, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _each(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _each(one)
    else:
        yield error


def _told(error: BaseException) -> str:
    notes = "\n".join(getattr(error, "__notes__", ()))
    return f"{notes}\n{''.join(traceback.format_exception(error)[-6:])}".strip()


def main() -> None:
    """Try the surface that is asked for."""
    name, cases, seed = sys.argv[1:]
    figure = fuzz(surfaces()[name], int(cases), int(seed))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT
    figure = msgspec.structs.replace(figure, memory=memory)
    if memory > MOST_MEMORY:
        found = (*figure.findings, f"it took {memory / 1e6:.0f} MB")
        figure = msgspec.structs.replace(figure, findings=found)
    sys.stdout.buffer.write(msgspec.json.encode(figure))


if __name__ == "__main__":
    main()

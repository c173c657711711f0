"""Memory that is out: of the engine's process, and of a device at any of its forward passes."""

from __future__ import annotations

import contextlib
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook
from transformers import PreTrainedModel

from engine.records.protocol import StartRun
from engine.runs.reading import read_run
from tests.cli_helpers import wait_for
from tests.harness.faulting import commands
from tests.harness.faulting.commands import succeeded
from tests.harness.faulting.fault import Fault, Unavailable, check_nothing_half, check_words
from tests.harness.faulting.home import own_home
from tests.harness.faulting.worker import (
    RUN,
    SCENES,
    Scene,
    failures,
    play,
    play_with,
    settings,
)

KIND = "memory out"
MOST_LEFT = 48 << 20
"""At most so many bytes are left to the engine."""
CHANCE, RARELY = 0.1, 0.01
"""Of a forward pass to find no memory."""
DESPERATE = 60
"""So often a run is begun again that runs out of memory each time."""
STAGES = {"loading": "load", "compressing": "prune", "scoring": "scored 1 of"}
"""What the command says when the engine is at it."""


@contextmanager
def memory_out(rng: random.Random, chance: float) -> Iterator[None]:
    """Forward passes of whole models find no memory now and then."""

    def hook(module: nn.Module, _: object) -> None:
        if isinstance(module, PreTrainedModel) and rng.random() < chance:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    handle = register_module_forward_pre_hook(hook)
    try:
        yield
    finally:
        handle.remove()


def _forwards(scene: Scene) -> Fault:
    def attempt(directory: Path, rng: random.Random) -> None:
        play_with(scene, directory, memory_out(rng, CHANCE))

    return Fault(KIND, f"a device, at {scene.name}", attempt, 10, short=scene is SCENES[0])


def _in_batches(directory: Path, rng: random.Random) -> None:
    """Batches are halved: whatever fails meanwhile, the run comes to its end in the end."""
    start = StartRun(id="run", settings=settings(batch_size=4), directory=str(directory / RUN))
    with own_home(directory):
        for _ in range(DESPERATE):
            failed = failures(play([start], memory_out(rng, RARELY)))
            for one in failed:
                check_words(one.message)
                assert "out of memory" in one.message, one.message
            if not failed:
                break
        run = read_run(directory / RUN)
    assert len(run.scored) == len(run.items), "it never came to its end"
    check_nothing_half(directory)


def _process(stage: str) -> Callable[[Path, random.Random], None]:
    """The engine's process gets hardly any memory more, from a stage of its work on."""

    def attempt(directory: Path, rng: random.Random) -> None:
        if sys.platform != "linux":
            raise Unavailable("another process's address space is limited on Linux alone")
        out = directory / RUN
        arguments = commands.score(out)
        process = commands.start(directory, *arguments)
        if stage == "starting":
            _limit(process.pid, rng, bytes_taken=rng.randrange(300 << 20, 4 << 30))
        else:
            with contextlib.suppress(AssertionError):
                wait_for(process, STAGES[stage])
                _limit(process.pid, rng)
        done = commands.ended(process)
        check_nothing_half(directory)
        if done.returncode:
            succeeded(commands.run(directory, *arguments))
        commands.check_run(out)

    return attempt


def _limit(pid: int, rng: random.Random, bytes_taken: int | None = None) -> None:
    """Let the engine of a command have so much address space, or little more than it has."""
    until = time.monotonic() + 20
    command = psutil.Process(pid)
    while not (engines := command.children()) and time.monotonic() < until:
        time.sleep(0.01)
    with contextlib.suppress(psutil.NoSuchProcess):
        for engine in engines:
            taken = bytes_taken or engine.memory_info().vms + rng.randrange(MOST_LEFT)
            engine.rlimit(psutil.RLIMIT_AS, (taken, psutil.RLIM_INFINITY))


FAULTS = (
    *map(_forwards, SCENES),
    Fault(KIND, "a device, in batches", _in_batches, 5, short=False),
    Fault(KIND, "the engine, starting", _process("starting"), 5, short=False),
    Fault(KIND, "the engine, loading", _process("loading"), 5, short=False),
    Fault(KIND, "the engine, compressing", _process("compressing"), 5, short=False),
    Fault(KIND, "the engine, scoring", _process("scoring"), 5, short=False),
)

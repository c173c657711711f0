"""Processes that make the tables of a large run, so that the screen answers meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator

from engine.analysis.tabulating import LENGTH, Damage, Rows, Task, decode, encode
from engine.records.errors import UserError

# -P: a folder named "engine" where the user happens to be must not be taken for ours.
TABULATOR = (sys.executable, "-P", "-m", "engine.analysis.tabulating")
MOST_PROCESSES = 4


async def tabulated(task: Task) -> AsyncGenerator[Rows, None]:
    """Yield the rows of every slice of the task, in order; close it to end the processes.

    Raises:
        UserError: a record can't be read, or a process ended too early.
    """
    # One processor is the screen's.
    count = max(1, min(MOST_PROCESSES, (os.cpu_count() or 2) - 1, len(task.slices)))
    processes: list[Process] = []
    try:
        for number in range(count):
            part = Task(task.log, task.reference, task.variants, task.slices[number::count])
            processes.append(await _started(part))
        for number in range(len(task.slices)):
            for _ in task.variants:
                yield await _next_rows(processes[number % count])
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        for process in processes:
            # What is left in the pipe is read: a pipe that isn't outlives the event loop.
            await process.communicate()


async def _started(task: Task) -> Process:
    try:
        process = await asyncio.create_subprocess_exec(
            *TABULATOR, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True
        )
    except OSError as error:
        raise UserError(f"the items can't be tabulated: {error.strerror}", status=1) from error
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(await asyncio.to_thread(encode, task))
        await process.stdin.drain()
    process.stdin.close()
    return process


async def _next_rows(process: Process) -> Rows:
    assert process.stdout is not None
    try:
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        message = decode(await process.stdout.readexactly(length))
    except asyncio.IncompleteReadError:
        status = await process.wait()
        raise UserError(
            f"the items can't be tabulated: the process for it ended with status {status}",
            "The machine may have run out of memory. Open the run again.",
            status=1,
        ) from None
    if isinstance(message, Damage):
        raise UserError(message.message, message.hint)
    return message

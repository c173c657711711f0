"""What it means when `ssh`, which reaches an engine on another machine, has ended."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Sequence
from pathlib import PurePath

from engine.records.protocol import Failed

FAILED = 255
"""The exit status of ssh for what is about the connection; others are those of the engine."""
NOT_FOUND = (126, 127)
"""The exit status of a shell whose command isn't there, or can't be run."""

_HINTS = {
    "host key verification failed": "Connect once by hand, to see and accept the host's key: {}",
    "permission denied": "No password can be typed here. Log in with a key (ssh-copy-id), an "
    "agent, or a connection that is open already (ControlMaster); this must need no typing: {}",
}
_OTHERWISE = "This must work in a shell: {}"
_INSTALL = (
    "Install illusion-tui on that machine, or give the whole path of its illusion-engine: what "
    "ssh starts may know fewer folders than a shell that one logs in to."
)


def is_ssh(command: Sequence[str] | None) -> bool:
    """Whether the engine is reached by ssh itself, so that its exit status can be read."""
    return command is not None and PurePath(command[0]).stem.casefold() == "ssh"


def ssh_ended(command: Sequence[str], status: int, last: str, *, ready: bool) -> Failed | None:
    """What happened, and what to do; None for an end of the engine's own.

    Args:
        command: that was run.
        status: its exit status; negative for a signal.
        last: the last line on its standard error.
        ready: whether the engine had answered before.
    """
    if status < 0:
        name = signal.Signals(-status).name
        return Failed(message=f"the connection to the engine was cut: ssh was killed ({name})")
    if status in NOT_FOUND and not ready:
        return Failed(message=f"the other machine can't start the engine: {last}", hint=_INSTALL)
    if status != FAILED:
        return None
    last = last or "ssh doesn't say why"
    if ready:
        return Failed(message=f"the connection to the engine was cut: {last}")
    typed = shlex.join(command)
    known = (hint for words, hint in _HINTS.items() if words in last.casefold())
    hint = next(known, _OTHERWISE).format(typed)
    return Failed(message=f"the engine can't be reached: {last}", hint=hint)

"""The signals that ask a process to end."""

from __future__ import annotations

import signal


def ending_signals() -> tuple[signal.Signals, ...]:
    """Those that this system has; not a hang-up that is ignored, as under nohup."""
    found = [signal.SIGINT, signal.SIGTERM]
    hang_up = signal.Signals.__members__.get("SIGHUP")
    if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:
        found.append(hang_up)
    return tuple(found)

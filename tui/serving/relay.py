"""The engine's command in a browser's app: `python -m tui.serving.relay DIRECTORY`.

It passes on what comes from its standard input to the shared engine, and what comes from there to
its standard output. It ends with either side.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from pathlib import Path

from tui.serving.endpoint import connect

READ_BYTES = 1 << 16


def main(place: str) -> int:
    """Relay until one side ends; gives the exit status."""
    try:
        connection = connect(Path(place))
    except (OSError, ValueError) as error:
        print(f"the engine that the browsers share is gone: {error}", file=sys.stderr)
        return 1
    threading.Thread(target=_send, args=(connection,), daemon=True).start()
    with contextlib.suppress(OSError), open(1, "wb", buffering=0, closefd=False) as output:
        while chunk := connection.recv(READ_BYTES):
            left = memoryview(chunk)
            while left:
                left = left[output.write(left) :]
    return 0


def _send(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # Unbuffered: a buffered reader that still waits would hold its lock at the end.
        while chunk := os.read(0, READ_BYTES):
            connection.sendall(chunk)
        connection.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

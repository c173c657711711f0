"""Where the shared engine is reached: a socket in a directory that nobody else may enter."""

from __future__ import annotations

import asyncio
import hmac
import os
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

LOOPBACK = "127.0.0.1"
LONGEST_PATH = 100
"""Bytes of a Unix socket's path; systems take from 104."""
SECRET_SECONDS = 10.0
_SOCKET = "engine.sock"
_PORT = "engine.port"

OnClient = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def listen(place: Path, on_client: OnClient, *, unix: bool = True) -> asyncio.Server:
    """Listen in a directory of mode 0700; every client is handed to `on_client`.

    Where there are no Unix sockets, or the path is too long for one, it is a port of this machine,
    and a client is one that knows the secret which stands beside the port's number.
    """
    path = place / _SOCKET
    if sys.platform != "win32" and unix and len(os.fsencode(path)) <= LONGEST_PATH:
        return await asyncio.start_unix_server(on_client, path)
    secret = secrets.token_hex(32)

    async def admit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await _knows(reader, secret):
            await on_client(reader, writer)
        else:
            writer.close()

    server = await asyncio.start_server(admit, LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    (place / _PORT).write_text(f"{port} {secret}", encoding="ascii")
    return server


def connect(place: Path) -> socket.socket:
    """Connect to what listens in a directory; raises `OSError` where nothing does."""
    path = place / _SOCKET
    if sys.platform != "win32" and path.exists():
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(os.fspath(path))
        return connection
    port, secret = (place / _PORT).read_text(encoding="ascii").split()
    connection = socket.create_connection((LOOPBACK, int(port)))
    connection.sendall(f"{secret}\n".encode("ascii"))
    return connection


async def _knows(reader: asyncio.StreamReader, secret: str) -> bool:
    """Whether a client begins with the secret."""
    try:
        async with asyncio.timeout(SECRET_SECONDS):
            line = await reader.readline()
    except (TimeoutError, ValueError, ConnectionError):
        return False
    return hmac.compare_digest(line.strip(), secret.encode("ascii"))

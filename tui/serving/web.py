"""The web server: a page, and behind its websocket an app of the inspector for each browser."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from pathlib import Path

from aiohttp import WSCloseCode, WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.server import Server

from engine.records.errors import UserError
from tui.serving.address import DEFAULT_PORT, Address
from tui.serving.guard import Guard
from tui.serving.messages import BadMessage, passed_on, size_of

PAGE = Path(__file__).parent / "page"
MOST_BROWSERS = 20
"""Each has a process of its own, of some 100 MB."""
HEARTBEAT_SECONDS = 15.0
END_SECONDS = 5.0
"""So long the apps have for an orderly end; without the server they end by themselves."""


class Browser(AppService):
    """An app's process: when it ends, however, its browser is told."""

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            self.stdin.close()
            with contextlib.suppress(ConnectionError):
                await self.remote_close()
            await self._read_out()

    async def _read_out(self) -> None:
        """Read what the process says last, so that no pipe outlives the event loop."""
        assert self._process is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self._process.communicate()


class Site:
    """Serves the inspector to browsers.

    Args:
        command: starts an app, in the words of the shell.
        guard: says who may come in.
    """

    def __init__(self, command: str, guard: Guard) -> None:
        self._command = command
        # Of textual-serve's own server: the terminal's script and style, and downloads.
        self._parts = Server(command)
        self._open: set[web.WebSocketResponse] = set()
        app = web.Application()
        guard.protect(app)
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/ws", self._browse),
                web.get("/download/{key}", self._parts.handle_download),
                web.static("/static", self._parts.statics_path),
                web.static("/page", PAGE),
            ]
        )
        app.on_shutdown.append(self._let_go)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=END_SECONDS)

    async def start(self, address: Address) -> int:
        """Listen, and give the port.

        Raises:
            UserError: there is no such address here, or it is taken.
        """
        await self._runner.setup()
        ports = (DEFAULT_PORT, 0) if address.port is None else (address.port,)
        for port in ports:
            site = web.TCPSite(self._runner, address.host, port)
            try:
                await site.start()
            except OSError as error:
                if error.errno == errno.EADDRINUSE and port != ports[-1]:
                    await site.stop()
                    continue
                raise _unusable(address, error) from error
            break
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Let the browsers go, and end their apps."""
        await self._runner.cleanup()

    async def _let_go(self, _: web.Application) -> None:
        for websocket in tuple(self._open):
            await websocket.close(code=WSCloseCode.GOING_AWAY)

    async def _page(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-store"})

    async def _browse(self, request: web.Request) -> web.StreamResponse:
        """A browser's websocket, until it closes or the app ends."""
        if len(self._open) >= MOST_BROWSERS:
            raise web.HTTPServiceUnavailable(text=f"{MOST_BROWSERS} browsers are here already.\n")
        try:
            size = size_of(request.query)
        except BadMessage as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        websocket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)

        async def close() -> None:
            await websocket.close()

        app = Browser(
            self._command,
            write_bytes=websocket.send_bytes,
            write_str=websocket.send_str,
            close=close,
            download_manager=self._parts.download_manager,
        )
        self._open.add(websocket)
        try:
            await websocket.prepare(request)
            await app.start(*size)
            async for message in websocket:
                if message.type is WSMsgType.TEXT:
                    await passed_on(message.data, app, websocket.send_str)
        except BadMessage:
            await websocket.close(code=WSCloseCode.POLICY_VIOLATION)
        finally:
            self._open.discard(websocket)
            await app.stop()
        return websocket


def _unusable(address: Address, error: OSError) -> UserError:
    where = address.host if address.port is None else f"{address.host}, port {address.port}"
    if error.errno == errno.EADDRINUSE:
        return UserError(f"{where}, is in use", "Choose another port with --serve-at HOST:PORT.")
    # asyncio puts the whole story into the system's own words.
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
    return UserError(
        f"browsers can't be served at {where}: {reason}",
        "Name an address of this machine with --serve-at HOST:PORT; 0.0.0.0 is all of them.",
    )

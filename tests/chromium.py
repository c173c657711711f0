"""A real browser without a window, told what to do over its DevTools websocket."""

from __future__ import annotations

import asyncio
import base64
import itertools
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

NAMES = ("chromium", "chromium-browser", "google-chrome")
_LISTENING = re.compile(r"DevTools listening on ws://([^/\s]+)/")


def found() -> str | None:
    """The program; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One page of a browser that runs."""

    def __init__(self, tools: ClientWebSocketResponse) -> None:
        self._tools = tools
        self._numbers = itertools.count(1)

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the DevTools protocol."""
        number = next(self._numbers)
        await self._tools.send_json({"id": number, "method": method, "params": parameters})
        async for message in self._tools:
            answer = message.json()
            if answer.get("id") == number:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result
        raise AssertionError("the browser has ended")

    async def value(self, script: str) -> Any:
        """What a script comes to."""
        found = await self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        return found["result"].get("value")

    async def until(self, script: str, seconds: float = 60) -> None:
        """Wait until a script comes to something true."""
        async with asyncio.timeout(seconds):
            while not await self.value(script):
                await asyncio.sleep(0.1)

    async def press(self, text: str) -> None:
        """Type a text."""
        await self.ask("Input.insertText", text=text)

    async def picture(self) -> bytes:
        """What it shows, as PNG."""
        shot = await self.ask("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])


@asynccontextmanager
async def shown(url: str, profile: Path, size: tuple[int, int]) -> AsyncIterator[Page]:
    """A browser on an address.

    Args:
        url: the address.
        profile: an empty directory of its own.
        size: of the window, in pixels.
    """
    program = found()
    assert program is not None
    process = await asyncio.create_subprocess_exec(
        program,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        f"--window-size={size[0]},{size[1]}",
        url,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert process.stderr is not None
    draining: asyncio.Task[bytes] | None = None
    try:
        async with asyncio.timeout(60):
            while (
                listening := _LISTENING.search((await process.stderr.readline()).decode())
            ) is None:
                assert process.returncode is None
        draining = asyncio.create_task(process.stderr.read())
        async with ClientSession() as session:
            async with session.get(f"http://{listening[1]}/json/list") as response:
                pages = [one for one in await response.json() if one["type"] == "page"]
            async with session.ws_connect(
                pages[0]["webSocketDebuggerUrl"], max_msg_size=0
            ) as tools:
                yield Page(tools)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        if draining is not None:
            await draining

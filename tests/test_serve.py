"""The inspector in browsers: the command, its server, and who may come in."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

pytest.importorskip("textual_serve", reason="the extra 'web' is not installed")

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from engine.records.errors import UserError
from tests import chromium
from tests.app_helpers import opened
from tests.cli_helpers import run_cli, start_cli
from tests.pictures import lit
from tui.screens.help import HelpScreen
from tui.serving.address import Address, parse_address, url
from tui.serving.apps import ServedInspector
from tui.serving.guard import Guard
from tui.serving.web import Site

SECONDS = 60
ENDS_SECONDS = 20
"""Generous: it is 5 on a machine that does nothing else."""
ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^\[\]]")


class Served:
    """`illusion-tui … --serve`, at a free port of this machine.

    Attributes:
        url: that it told.
        told: on its standard error, until it was ready.
    """

    def __init__(self, home: Path, *arguments: object) -> None:
        self.process = start_cli(home, *arguments, "--serve-at", "127.0.0.1:0")
        self.told = ""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.told += line
            if "Ctrl+C" in line:
                break
        found = re.search(r"http://\S+", self.told)
        assert found is not None, self.told
        self.url = found[0]

    def children(self, name: str) -> list[psutil.Process]:
        """The processes that it started, of those that run a module."""
        children: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        found = []
        for child in children:
            with suppress(psutil.Error):  # It has just ended.
                if name in child.cmdline():
                    found.append(child)
        return found

    def apps(self) -> list[psutil.Process]:
        return self.children("served")

    def engines(self) -> list[psutil.Process]:
        return self.children("engine.server")


@contextmanager
def serving(home: Path, *arguments: object) -> Iterator[Served]:
    served = Served(home, *arguments)
    try:
        yield served
    finally:
        served.process.kill()
        served.process.communicate()


class Browser:
    """A browser's websocket, without the browser.

    Attributes:
        painted: what came since the last key, without escape sequences.
    """

    def __init__(self, websocket: ClientWebSocketResponse) -> None:
        self._websocket = websocket
        self.painted = ""
        # Read all the time: who doesn't answer the server's pings is let go.
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._websocket:
            if message.type is WSMsgType.BINARY:
                self.painted += ESCAPE.sub("", message.data.decode())

    async def until(self, text: str) -> None:
        """Wait until a text is painted, or was since the last key."""
        with suppress(TimeoutError):
            await until(lambda: text in self.painted or self.reading.done())
        assert text in self.painted, f"{text!r} was not painted: …{self.painted[-2000:]}"

    async def press(self, keys: str) -> None:
        self.painted = ""
        await self._websocket.send_json(["stdin", keys])


@asynccontextmanager
async def browsing(session: ClientSession, url: str) -> AsyncIterator[Browser]:
    async with session.ws_connect(f"{url}ws?width=140&height=50") as websocket:
        browser = Browser(websocket)
        yield browser
    await browser.reading


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.1)


def tiny_run(checkpoint: Path, out: Path) -> list[object]:
    return [
        *("--model", checkpoint, "--items", "capitals", "--language", "en", "--limit", 8),
        *("--recipe", "magnitude:0.5", "--answer-tokens", 4, "--dtype", "float32", "--out", out),
    ]


async def test_browsers_share_a_run_and_its_engine(tmp_path: Path, checkpoint: Path) -> None:
    with serving(tmp_path, *tiny_run(checkpoint, tmp_path / "run")) as served:
        async with ClientSession() as session, browsing(session, served.url) as first:
            async with browsing(session, served.url) as second:
                for browser in (first, second):
                    await browser.until("8 items scored")
                    await browser.until("Beijing")
                (engine,) = served.engines()
                assert len(served.apps()) == 2

                await second.press("a")
                await second.until("question? = right answer")
                await second.press("What is the capital of Chile? = Santiago | Lima\r")
                await second.until("asked-1")
                await first.until("Santiago")
            await until(lambda: len(served.apps()) == 1)
            # One that comes later finds what was asked; what one left, others still use.
            async with browsing(session, served.url) as third:
                await third.until("Santiago")
                await third.press("b")
                await third.until("of 8")
            assert served.engines() == [engine]
            served.process.send_signal(signal.SIGINT)
            _, talk = served.process.communicate(timeout=SECONDS)
        assert served.process.returncode == 130
        assert "the same command goes on from there" in talk
        assert not engine.is_running()


async def test_who_looks_at_a_saved_run_sees_what_others_ask(
    tmp_path: Path, checkpoint: Path
) -> None:
    run = tmp_path / "run"
    done = run_cli(tmp_path, "score", *tiny_run(checkpoint, run), seconds=SECONDS)
    assert done.returncode == 0, done.stderr
    with serving(tmp_path, "open", run) as served:
        async with (
            ClientSession() as session,
            browsing(session, served.url) as first,
            browsing(session, served.url) as second,
        ):
            for browser in (first, second):
                await browser.until("Beijing")
            await second.press("a")
            await second.until("question? = right answer")
            await second.press("What is the capital of Chile? = Santiago | Lima\r")
            await first.until("Santiago")
            assert len(served.engines()) == 1


async def test_nothing_is_left_of_a_server_that_is_killed(tmp_path: Path, checkpoint: Path) -> None:
    with serving(tmp_path, *tiny_run(checkpoint, tmp_path / "run")) as served:
        async with ClientSession() as session, browsing(session, served.url) as browser:
            await browser.until("8 items scored")
            left = psutil.Process(served.process.pid).children(recursive=True)
            # The engine, and the app with its way to the engine.
            assert len(left) >= 3
            served.process.kill()
            _, alive = psutil.wait_procs(left, ENDS_SECONDS)
            assert not alive


async def test_what_writes_files_or_opens_other_runs_is_not_there() -> None:
    async with opened(make_app=ServedInspector) as it:
        titles = [command.title for command in it.app.get_system_commands(it.screen)]
        assert "Summary  (v)" in titles
        for title, key in (("Export", "e"), ("Runs", "L")):
            assert f"{title}  ({key})" not in titles
            await it.press(key)
            assert it.app.screen is it.screen
        await it.press("question_mark")
        assert isinstance(it.app.screen, HelpScreen)
        assert "Write the run" not in "\n".join(it.app.screen.texts())


async def test_a_saved_run_is_on_stage_without_an_engine(tmp_path: Path) -> None:
    with serving(tmp_path, "stage") as served:
        async with ClientSession() as session, browsing(session, served.url) as browser:
            await browser.until("the question")
            assert not served.engines()
            await browser.press("\x1b")
            await until(browser.reading.done)
        await until(lambda: not served.apps())


@pytest.mark.skipif(chromium.found() is None, reason="neither chromium nor google-chrome is here")
async def test_a_real_browser_shows_it(tmp_path: Path) -> None:
    with serving(tmp_path, "stage") as served:
        async with chromium.shown(served.url, tmp_path / "profile", (800, 600)) as page:
            await page.until("document.body.classList.contains('-first-byte')")
            pictures = []
            for _ in range(2):
                picture = await page.picture()
                while lit(picture) < 0.01 or picture in pictures:
                    await asyncio.sleep(0.2)
                    picture = await page.picture()
                pictures.append(picture)
                await page.press(" ")
            # Nothing was asked of any other place.
            script = "performance.getEntriesByType('resource').map(entry => entry.name)"
            assert all(name.startswith(served.url) for name in await page.value(script))


# -- who may come in --------------------------------------------------------------------------


@asynccontextmanager
async def site(token: str | None) -> AsyncIterator[str]:
    """A server whose apps do nothing; gives its address."""
    started = Site("exec head -c 1 >/dev/null", Guard(token, "the-cookie"))
    port = await started.start(Address(port=0))
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        await started.stop()


PATHS = ("", "ws", "static/js/textual.js", "page/page.js", "download/key", "nowhere")


async def status(session: ClientSession, address: str, **more: Any) -> int:
    async with session.get(address, **more) as response:
        return response.status


async def test_without_a_token_only_this_machines_own_pages_come_in() -> None:
    async with site(None) as address, ClientSession() as session:
        own = address.rstrip("/")
        for path in PATHS:
            for headers in (
                {"Host": "rebound.example"},
                {"Host": "rebound.example:8000", "Origin": "http://rebound.example:8000"},
                {"Host": "127.0.0.1.rebound.example"},
                {"Origin": "http://other.example"},
                {"Origin": "null"},
                {"Origin": own.replace("127.0.0.1", "localhost")},
            ):
                assert await status(session, address + path, headers=headers) == 403, (
                    path,
                    headers,
                )
        assert await status(session, address) == 200
        assert await status(session, address, headers={"Origin": own}) == 200
        # As by a port that ssh passes on.
        assert await status(session, address, headers={"Host": "localhost:9999"}) == 200
        async with session.get(address) as response:
            assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


async def test_with_a_token_nobody_comes_in_without_it() -> None:
    async with site("the-token") as address:
        async with ClientSession() as stranger:
            for path in PATHS:
                for wrong in ("", "?token=", "?token=the-toke", "?token=the-token1", "?token=%ff"):
                    assert await status(stranger, address + path + wrong) == 403, path + wrong
        async with ClientSession() as stranger:
            assert await status(stranger, address, headers={"Cookie": "the-cookie=wrong"}) == 403
        async with ClientSession() as guest:
            # Cookies of numbers, not of names, are kept by other jars than the usual.
            async with guest.get(f"{address}?token=the-token", allow_redirects=False) as response:
                assert response.status == 303
                assert response.headers["Location"] == "/"
                assert "HttpOnly" in response.headers["Set-Cookie"]
                cookie = {"Cookie": response.headers["Set-Cookie"].partition(";")[0]}
            for path in PATHS[:4]:
                expected = 400 if path == "ws" else 200
                assert await status(guest, address + path, headers=cookie) == expected
            foreign = {**cookie, "Origin": "http://other.example"}
            assert await status(guest, f"{address}ws", headers=foreign) == 403
            async with guest.ws_connect(f"{address}ws", headers=cookie) as websocket:
                await websocket.send_json(["ping", "now"])
                assert await websocket.receive_json() == ["pong", "now"]


@pytest.mark.parametrize(
    "message",
    ["", "[]", "{}", '["resize", {"width": 1e9, "height": 3}]', '["stdin", 1]', "[" * 9999],
)
async def test_a_message_that_the_page_does_not_send_ends_the_connection(message: str) -> None:
    async with (
        site(None) as address,
        ClientSession() as session,
        session.ws_connect(f"{address}ws") as websocket,
    ):
        await websocket.send_str(message)
        assert (await websocket.receive()).type is WSMsgType.CLOSE


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("127.0.0.1:9000", Address("127.0.0.1", 9000)),
        ("0.0.0.0", Address("0.0.0.0", None)),
        (":9000", Address("127.0.0.1", 9000)),
        ("9000", Address("127.0.0.1", 9000)),
        ("[::1]:9000", Address("::1", 9000)),
        ("::", Address("::", None)),
        ("gpubox:80", Address("gpubox", 80)),
    ],
)
def test_addresses(typed: str, address: Address) -> None:
    assert parse_address(typed) == address
    assert address.loopback == (address.host in ("127.0.0.1", "::1"))


@pytest.mark.parametrize(
    "typed",
    ["", "host:port", "127.0.0.1:99999", "http://host", "host/path", "a@b:1", "a b", "[::1"],
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(UserError, match="is no address"):
        parse_address(typed)


def test_an_address_is_told_as_one_types_it() -> None:
    assert url("::1", 9000) == "http://[::1]:9000/"
    assert "0.0.0.0" not in url("0.0.0.0", 9000)


def test_what_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, "stage") as served:
        port = served.url.rstrip("/").rpartition(":")[2]
        taken = run_cli(tmp_path, "stage", "--serve-at", f":{port}")
        assert taken.returncode == 2
        assert taken.stderr.startswith(f"error: 127.0.0.1, port {port}, is in use\nhint: ")
    foreign = run_cli(tmp_path, "stage", "--serve-at", "192.0.2.77:8000")
    assert foreign.returncode == 2
    assert "browsers can't be served at 192.0.2.77, port 8000" in foreign.stderr
    before = run_cli(tmp_path, "--serve", "stage")
    assert before.returncode == 2
    assert "options of the inspector stand before 'stage'" in before.stderr
    unnamed = run_cli(tmp_path, "open", "--serve")
    assert unnamed.returncode == 2
    assert "illusion-tui open RUN --serve" in unnamed.stderr


def test_the_extra_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "textual_serve.py").write_text("raise ImportError('not here')")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from tui.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "stage", "--serve"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "textual-serve, which is not installed" in done.stderr
    assert "pip install textual-serve" in done.stderr

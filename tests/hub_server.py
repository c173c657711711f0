"""A Hugging Face Hub on this machine that has one model, and misbehaves as it is told to."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

Behaviour = Literal[
    "ok",
    "token refused",
    "private",
    "gated",
    "forbidden",
    "no model",
    "no revision",
    "too many requests",
    "server error",
    "silence",
    "silence in a file",
    "slow file",
    "half a file",
    "other size",
    "garbage",
    "web page",
]

REPOSITORY = "org/tiny"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = "model.safetensors"

_REFUSALS: dict[Behaviour, tuple[int, dict[str, str]]] = {
    "token refused": (401, {"X-Error-Message": "Invalid credentials in Authorization header"}),
    "private": (401, {"X-Error-Code": "RepoNotFound"}),
    "gated": (403, {"X-Error-Code": "GatedRepo"}),
    "forbidden": (403, {}),
    "no model": (404, {"X-Error-Code": "RepoNotFound"}),
    "no revision": (404, {"X-Error-Code": "RevisionNotFound"}),
    "too many requests": (429, {"Retry-After": "77"}),
    "server error": (500, {}),
}
"""The status and the headers with which the Hub refuses whatever it is asked for."""


class HubServer(ThreadingHTTPServer):
    """Serves the files of a directory as `org/tiny`; `requested` lists the files asked for."""

    daemon_threads = True

    def __init__(self, directory: Path, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = {file.name: file.read_bytes() for file in sorted(directory.iterdir())}
        self.behaviour = behaviour
        self.requested: list[str] = []
        self.stopped = threading.Event()

    @property
    def endpoint(self) -> str:
        """What HF_ENDPOINT is set to."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def hub_server(directory: Path, behaviour: Behaviour = "ok") -> Iterator[HubServer]:
    """A running server on a free port."""
    server = HubServer(directory, behaviour)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()


def refusing_endpoint() -> str:
    """An endpoint at which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HubServer

    def log_message(self, *_: object) -> None:
        """Be silent."""

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        behaviour, address = self.server.behaviour, urlsplit(self.path)
        if behaviour in _REFUSALS:
            status, headers = _REFUSALS[behaviour]
            self._send(status, b"{}", headers)
        elif behaviour == "silence":
            self.server.stopped.wait()
        elif behaviour == "web page":
            self._send(200, b"<html>Log in to the network</html>", {"Content-Type": "text/html"})
        elif address.path.startswith(f"/api/models/{REPOSITORY}/tree/"):
            self._send_json([self._entry(name) for name in self.server.files])
        elif address.path.startswith(f"/api/models/{REPOSITORY}"):
            self._send_json(self._information("expand" in parse_qs(address.query)))
        elif address.path.startswith(f"/{REPOSITORY}/resolve/"):
            self._send_file(address.path.rpartition("/")[2], with_body=with_body)
        else:
            self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"})

    def _information(self, expanded: bool) -> dict[str, object]:
        known: dict[str, object] = {"_id": "0", "id": REPOSITORY, "sha": COMMIT}
        if expanded:
            return {**known, "safetensors": {"parameters": {"F32": 50_000}, "total": 50_000}}
        return {**known, "siblings": [{"rfilename": name} for name in self.server.files]}

    def _entry(self, name: str) -> dict[str, object]:
        content = self.server.files[name]
        size = len(content)
        entry: dict[str, object] = {"type": "file", "path": name, "size": size}
        if name == WEIGHTS:
            lfs = {"oid": hashlib.sha256(content).hexdigest(), "size": size, "pointerSize": 130}
            return {**entry, "oid": _git_hash(b"a pointer"), "lfs": lfs}
        return {**entry, "oid": _git_hash(content)}

    def _send_file(self, name: str, *, with_body: bool) -> None:
        content, behaviour = self.server.files[name], self.server.behaviour
        headers = {"X-Repo-Commit": COMMIT}
        if name == WEIGHTS:
            headers["X-Linked-ETag"] = f'"{hashlib.sha256(content).hexdigest()}"'
            headers["X-Linked-Size"] = str(len(content))
        headers["ETag"] = f'"{_git_hash(content)}"'
        if not with_body:
            self._send(200, content, headers, with_body=False)
            return
        self.server.requested.append(name)
        if name != WEIGHTS or behaviour == "ok":
            self._send(200, content, headers)
        elif behaviour == "other size":
            self._send(200, content[:-100], headers)
        elif behaviour == "garbage":
            self._send(200, bytes(len(content)), headers)
        elif behaviour == "half a file":
            self._send_part(content, headers)
        elif behaviour == "silence in a file":
            self._send_part(content, headers)
            self.server.stopped.wait()
        elif behaviour == "slow file":
            self._send(200, content, headers, with_body=False)
            for start in range(0, len(content), 1000):
                self.wfile.write(content[start : start + 1000])
                time.sleep(0.05)

    def _send_part(self, content: bytes, headers: dict[str, str]) -> None:
        """Send the first half, and nothing when asked for the rest; then close the connection."""
        requested = self.headers.get("Range", "bytes=0-").removeprefix("bytes=")
        start = int(requested.partition("-")[0])
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(206 if start else 200, content[start:], headers, with_body=False)
        self.wfile.write(content[start : len(content) // 2])
        self.wfile.flush()
        self.close_connection = True

    def _send_json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(
        self, status: int, content: bytes, headers: dict[str, str], *, with_body: bool = True
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if with_body and self.command != "HEAD":
            self.wfile.write(content)


def _git_hash(content: bytes) -> str:
    """The name that git gives to a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

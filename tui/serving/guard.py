"""Who may come in: checked at every request, of pages, files and websockets alike."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from tui.serving.address import is_loopback

TOKEN = "token"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""No page has the inspector in a frame, and its own takes nothing from elsewhere."""


class Guard:
    """Refuses what doesn't come from the inspector's own page, or by its address.

    Args:
        token: whoever knows it may come in; None for whoever reaches this machine's loopback.
        cookie: name of the cookie that keeps the token, so that it stands in one address only.
    """

    def __init__(self, token: str | None, cookie: str) -> None:
        self._token = token
        self._cookie = cookie

    def protect(self, app: web.Application) -> None:
        """Guard an application."""

        @web.middleware
        async def guarded(request: web.Request, handler: _Handler) -> web.StreamResponse:
            why = self._refusal(request)
            if why:
                return web.Response(status=403, text=why)
            if self._token is not None and TOKEN in request.query:
                return self._admitted(self._token)
            return await handler(request)

        async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
            response.headers.update(HEADERS)

        app.middlewares.append(guarded)
        app.on_response_prepare.append(add_headers)

    def _refusal(self, request: web.Request) -> str:
        """Why a request is refused; empty where it isn't."""
        if self._token is None and not _is_this_machine(request.host):
            # A name that was made to lead here lets another site's page read what is here.
            return "This inspector is open to this machine only.\n"
        origin = request.headers.get("Origin")
        if origin is not None and not _same_place(origin, request.host):
            return "This inspector takes nothing from another site's page.\n"
        if self._token is not None and not self._knows(request, self._token):
            return "This inspector opens by the whole address that the terminal shows.\n"
        return ""

    def _knows(self, request: web.Request, token: str) -> bool:
        given = request.query.get(TOKEN) or request.cookies.get(self._cookie) or ""
        return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())

    def _admitted(self, token: str) -> web.Response:
        """Keep the token, and go to an address without it: that may be seen, or passed on."""
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(self._cookie, token, httponly=True, samesite="Lax", path="/")
        return response


def _is_this_machine(host: str) -> bool:
    """Whether a request is for this machine's loopback, at whatever port it was passed on from."""
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name is not None and is_loopback(name)


def _same_place(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()

"""What a browser says over its websocket, handed to the app behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from textual_serve.app_service import AppService

from engine.records.lines import decode_json

DEFAULT_SIZE = (80, 24)
LARGEST = 1000
"""Columns or lines: a screen is drawn cell by cell."""


class BadMessage(Exception):
    """It is none that the page sends."""


def size_of(values: Mapping[str, Any]) -> tuple[int, int]:
    """Columns and lines; raises `BadMessage` where that is no size of a screen."""
    try:
        width, height = (
            int(values.get(name, default))
            for name, default in zip(("width", "height"), DEFAULT_SIZE, strict=True)
        )
    except (TypeError, ValueError) as error:
        raise BadMessage("width and height are numbers") from error
    if not (0 < width <= LARGEST and 0 < height <= LARGEST):
        raise BadMessage(f"width and height are from 1 to {LARGEST}")
    return width, height


async def passed_on(text: str, app: AppService, answer: Callable[[str], Awaitable[None]]) -> None:
    """Do what a message says; raises `BadMessage` where it says nothing that the page does."""
    try:
        match decode_json(text):
            case ["stdin", str(keys)]:
                await app.send_bytes(keys.encode("utf-8", "replace"))
            case ["resize", dict(size)]:
                await app.set_terminal_size(*size_of(size))
            case ["ping", sent]:
                await answer(msgspec.json.encode(["pong", sent]).decode())
            case ["focus"]:
                await app.focus()
            case ["blur"]:
                await app.blur()
            case _:
                raise BadMessage("the message is none of the page's")
    except msgspec.DecodeError as error:
        raise BadMessage(str(error)) from error

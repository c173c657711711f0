"""What serves a kind of request, and how it is found."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.inspection.inspection import Inspection
from engine.records.errors import UserError
from engine.records.extensions import Members, members
from engine.records.protocol import Request

GROUP = "illusion_tui.questions"
"""Entry-point group of other packages' handlers."""


@dataclass(frozen=True)
class Handler:
    """Serves one kind of request.

    Attributes:
        request: the kind, a subclass of `Request` or, for what goes ahead of background work, of
            `Question`.
        serve: does it and emits its events; how it ends is told by the inspection. It raises
            `UserError` for what a person can mend.
    """

    request: type[Request]
    serve: Callable[[Inspection, Any], None]

    @property
    def name(self) -> str:
        """The name of the kind, as in the field `type` of its messages."""
        return self.request.__name__


@functools.cache
def handlers() -> Members[Handler]:
    """Every handler: one a module of `engine.inspection.handlers`, then other packages'."""
    return members("engine.inspection.handlers", "HANDLER", GROUP, Handler)


def serve(inspection: Inspection, request: Request) -> None:
    """Serve a request by the handler of its kind.

    Raises:
        UserError: there is none, or what it raises.
    """
    known, kind = handlers(), type(request).__name__
    if kind in known.values:
        known.values[kind].serve(inspection, request)
        return
    raise known.failure(kind) or UserError(
        f"this engine doesn't know requests of the kind {kind}",
        "Install the same version of illusion-tui, and the same extensions, on both sides.",
    )

"""One conversation with the engine, without a screen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from engine.records.errors import UserError
from engine.records.protocol import Ended, EngineReady, Event, Failed, Request
from tui.process.client import EngineClient
from tui.process.signals import ending_signals

GRACE_SECONDS = 15.0
"""How long an interrupted engine may take to finish its batch before it is stopped."""


class Interrupted(Exception):
    """The user pressed Ctrl+C, or the process was asked to end; the engine has stopped."""


def converse(
    client: EngineClient,
    requests: Sequence[Request],
    on_event: Callable[[Event], Request | None],
    on_interrupt: Callable[[], None] = lambda: None,
) -> None:
    """Start the engine, send requests, and pass on events until every request has ended.

    Args:
        client: of an engine that was not started yet; it is stopped at the end.
        requests: sent in order as soon as the engine is ready.
        on_event: receives every event; a request that it returns is sent, and waited for as well.
        on_interrupt: called before the engine is waited for.

    Raises:
        UserError: the engine can't be started, a request fails, or the engine ends too early.
        Interrupted: after SIGINT, SIGTERM or SIGHUP; what was finished is kept. A second signal
            doesn't wait for the engine.
    """
    asyncio.run(_converse(client, requests, on_event, on_interrupt))


async def _converse(
    client: EngineClient,
    requests: Sequence[Request],
    on_event: Callable[[Event], Request | None],
    on_interrupt: Callable[[], None],
) -> None:
    loop = asyncio.get_running_loop()
    talk = asyncio.ensure_future(_talk(client, requests, on_event))

    def interrupt() -> None:
        """The first signal asks the engine to stop, the next one stops it."""
        if talk.done():
            client.kill()
        else:
            talk.cancel()
            on_interrupt()

    for number in ending_signals():
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, interrupt)
    # Not `await talk`: a cancelled await would look like a cancelled command.
    await asyncio.wait((talk,))
    await client.stop(GRACE_SECONDS)
    if talk.cancelled():
        raise Interrupted
    talk.result()


async def _talk(
    client: EngineClient,
    requests: Sequence[Request],
    on_event: Callable[[Event], Request | None],
) -> None:
    await client.start()
    waiting = {request.id for request in requests}
    async for event in client.events():
        answer = on_event(event)
        if answer is not None:
            waiting.add(answer.id)
            await client.send(answer)
        if isinstance(event, EngineReady):
            for request in requests:
                await client.send(request)
        elif isinstance(event, Failed):
            raise UserError(event.message, event.hint, status=event.status)
        elif isinstance(event, Ended):
            waiting.discard(event.id or "")
            if not waiting:
                return
    ending = await client.ending()
    message = ending.message if ending else "the engine ended before it was done"
    raise UserError(message, ending.hint if ending else f"Its log: {client.log}", status=1)

"""One conversation with the engine, without a screen."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence

from engine.records.errors import UserError
from engine.records.protocol import EngineReady, Event, Failed, Message
from tui.process.client import EngineClient

GRACE_SECONDS = 15.0
"""How long an interrupted engine may take to finish its batch before it is stopped."""


class Interrupted(Exception):
    """The user pressed Ctrl+C, or the process was asked to end; the engine has stopped."""


def converse(
    client: EngineClient,
    requests: Sequence[Message],
    until: type[Event],
    on_event: Callable[[Event], Message | None],
    on_interrupt: Callable[[], None] = lambda: None,
) -> None:
    """Start the engine, send requests, and pass on events until one of the type `until`.

    Args:
        client: of an engine that was not started yet; it is stopped at the end.
        requests: sent in order as soon as the engine is ready.
        until: the event that ends the conversation; it is passed on too.
        on_event: receives every event; a request that it returns is sent.
        on_interrupt: called before the engine is waited for.

    Raises:
        UserError: the engine can't be started, reports a failure, or ends too early.
        Interrupted: after SIGINT or SIGTERM; what was finished is kept. A second signal doesn't
            wait for the engine.
    """
    asyncio.run(_converse(client, requests, until, on_event, on_interrupt))


async def _converse(
    client: EngineClient,
    requests: Sequence[Message],
    until: type[Event],
    on_event: Callable[[Event], Message | None],
    on_interrupt: Callable[[], None],
) -> None:
    loop = asyncio.get_running_loop()
    talk = asyncio.ensure_future(_talk(client, requests, until, on_event))

    def interrupt() -> None:
        """The first signal asks the engine to stop, the next one stops it."""
        if talk.done():
            client.kill()
        else:
            talk.cancel()
            on_interrupt()

    for number in (signal.SIGINT, signal.SIGTERM):
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
    requests: Sequence[Message],
    until: type[Event],
    on_event: Callable[[Event], Message | None],
) -> None:
    await client.start()
    async for event in client.events():
        answer = on_event(event)
        if answer is not None:
            await client.send(answer)
        if isinstance(event, EngineReady):
            for request in requests:
                await client.send(request)
        elif isinstance(event, Failed):
            raise UserError(event.message, event.hint, status=event.status)
        elif isinstance(event, until):
            return
    ending = await client.ending()
    message = ending.message if ending else "the engine ended before it was done"
    raise UserError(message, ending.hint if ending else f"Its log: {client.log}", status=1)

"""The versions of the two sides: of the inspector, and of the engine that has answered."""

from __future__ import annotations

from importlib import metadata

from engine.records.protocol import PROTOCOL, EngineReady, Failed, Notice

INSTALL = "Install the same version of illusion-tui on both sides"


def compared(ready: EngineReady) -> Failed | Notice | None:
    """What is to be said of an engine's version; None where it is this one's.

    An engine that speaks another version of the protocol can't be used. One that is only of
    another version can: its methods and figures are its own, and a person should know.
    """
    own = metadata.version("illusion-tui")
    if ready.protocol != PROTOCOL:
        behind = "engine" if ready.protocol < PROTOCOL else "inspector"
        return Failed(
            message=f"the engine is illusion-tui {ready.version} and speaks protocol "
            f"{ready.protocol}, this inspector is {own} and speaks {PROTOCOL}",
            hint=f"{INSTALL}; the {behind}'s is the older one.",
        )
    if ready.version != own:
        return Notice(
            text=f"the engine is illusion-tui {ready.version}, this inspector is {own}. {INSTALL}."
        )
    return None

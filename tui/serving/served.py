"""What the browsers' apps open, written down for them by the process that serves."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from engine.files import write_atomically
from engine.records.items import Item
from engine.records.lines import LineDecoder, encode_line
from engine.records.protocol import OpenRun, StartRun
from engine.records.settings import Settings
from tui.state.session import LiveRun, RunSource, SavedRun

_FILE = "served.json"


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A run, and how it is shown.

    Attributes:
        settings: of a run that is being scored; None for one on disk.
        directory: of the run; None where a remote engine chooses it.
        items: as far as they are known before the engine tells them.
        striking: shows the items that show the illusion best first.
        sent: the engine is sent the items; it can't read them where it is.
        stage: shows nothing but the stage.
    """

    settings: Settings | None = None
    directory: str | None = None
    items: tuple[Item, ...] = ()
    striking: bool = False
    sent: bool = False
    stage: bool = False

    @classmethod
    def of(cls, source: LiveRun | SavedRun, *, stage: bool = False) -> Served:
        """Serve what an inspector would open."""
        if isinstance(source, SavedRun):
            return cls(directory=str(source.directory), stage=stage)
        return cls(
            settings=source.settings,
            directory=source.directory,
            items=source.items,
            striking=source.striking,
            sent=source.sent,
        )

    @property
    def source(self) -> RunSource:
        """What each app opens."""
        if self.settings is None:
            return SavedRun(Path(self.directory or "."))
        return LiveRun(self.settings, self.directory, self.items, self.striking, self.sent)

    @property
    def opening(self) -> StartRun | OpenRun:
        """The request that opens it in an engine."""
        if self.settings is None:
            return OpenRun(directory=self.directory or ".")
        items = self.items if self.sent else None
        return StartRun(settings=self.settings, directory=self.directory, items=items)


_decoder: LineDecoder[Served] = LineDecoder(Served)


def write_served(place: Path, served: Served) -> None:
    """Write it into the directory that the apps are started with."""
    write_atomically(place / _FILE, encode_line(served))


def read_served(place: Path) -> Served:
    """Read it; raises `OSError` where the server is gone."""
    return _decoder.decode((place / _FILE).read_bytes())


def shared_engine(place: Path) -> tuple[str, ...]:
    """The command that reaches the engine which the apps share."""
    return (sys.executable, "-P", "-m", "tui.serving.relay", str(place))


def app_command(place: Path) -> tuple[str, ...]:
    """The command that starts an app for one browser."""
    return (sys.executable, "-P", "-m", "tui.cli", "served", str(place))

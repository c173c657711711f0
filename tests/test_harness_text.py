"""Hostile text leaves in no way that acts: the short form of the harness."""

from __future__ import annotations

import pytest

from tests.harness.acting import written
from tests.harness.outlet import outlets, tried

SEED = 1


@pytest.mark.parametrize("name", outlets())
def test_hostile_text_acts_nowhere(name: str) -> None:
    figure = tried(outlets()[name], 1, SEED)
    assert not figure.findings, "\n\n".join(figure.findings)


@pytest.mark.parametrize(
    "hostile",
    ["\x1b]0;title\x07", "\x1b[4242h", "\x9b2J", "\u202e", "\x00", "\x1bP+q4242\x1b\\"],
)
def test_what_acts_on_a_terminal_is_seen(hostile: str) -> None:
    ours = "\x1b[?1049h\x1b[2;3H\x1b[38;2;1;2;3mParis ✓ नई दिल्ली\x1b[0m\r\n"
    assert not written(ours.encode()).foreign
    assert written(f"{ours}{hostile}{ours}".encode()).foreign

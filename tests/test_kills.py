"""Whatever writes may be killed at any moment: the short form of the harness."""

from __future__ import annotations

import random

import pytest

from tests.harness.kill_scenes import SCENES, Place
from tests.harness.parts.kill import tried

BY_NAME = {scene.name: scene for scene in SCENES}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Where the scenes are played."""
    return Place(tmp_path_factory.mktemp("kills"))


@pytest.mark.usefixtures("hang_ups_heard")
@pytest.mark.parametrize(
    ("name", "moments"),
    [("score", 3), ("prune --save", 1), ("export .html", 1), ("pack", 1), ("import", 1)],
)
def test_the_same_command_ends_as_if_it_had_not_been_killed(
    place: Place, name: str, moments: int
) -> None:
    # The seed decides what is killed, and when.
    figure = tried(BY_NAME[name], moments, place, random.Random(name), in_a_row=(moments,))
    assert not figure.findings, "\n\n".join(figure.findings)
    assert figure.cases == moments

"""Members of a registry are found in our package and in the entry points of other packages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.records.extensions import members

TOY = """
class Toy:
    def __init__(self, name):
        self.name = name
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory on the import path with a package `toys` that has the built-in member `ours`."""
    package = tmp_path / "toys"
    package.mkdir()
    (package / "__init__.py").write_text(TOY)
    (package / "ours.py").write_text("from toys import Toy\nTOY = Toy('ours')")
    (package / "helper.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] in ("toys", "theirs")]:
        del sys.modules[name]


def add_package(directory: Path, name: str, entries: dict[str, str]) -> None:
    """Put a distribution with entry points of the group `test.toys` there."""
    info = directory / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{entry} = {value}" for entry, value in entries.items()]
    (info / "entry_points.txt").write_text("\n".join(["[test.toys]", *lines, ""]))


def test_every_module_that_has_the_attribute_is_a_member(installed: Path) -> None:
    from toys import Toy  # type: ignore[import-not-found]

    found = members("toys", "TOY", "test.toys", Toy)
    assert list(found.values) == ["ours"]
    assert found.failures == ()


def test_other_packages_add_members_one_or_several(installed: Path) -> None:
    from toys import Toy

    (installed / "theirs.py").write_text(
        "from toys import Toy\nONE = Toy('one')\nMORE = Toy('a'), Toy('b')"
    )
    add_package(installed, "their-toys", {"one": "theirs:ONE", "more": "theirs:MORE"})
    found = members("toys", "TOY", "test.toys", Toy)
    assert list(found.values) == ["ours", "a", "b", "one"]
    assert found.packages == dict.fromkeys(["a", "b", "one"], "their-toys")


def test_what_cannot_be_used_is_told_when_it_is_asked_for(installed: Path) -> None:
    from toys import Toy

    (installed / "theirs.py").write_text(
        "from toys import Toy\nX = Toy('ours')\nY = 1\nZ = Toy('y')"
    )
    entries = {
        "gone": "nowhere_to_be_found:X",
        "ours": "theirs:X",
        "number": "theirs:Y",
        "other": "theirs:Z",
    }
    add_package(installed, "their-toys", entries)
    found = members("toys", "TOY", "test.toys", Toy)
    assert list(found.values) == ["ours"]
    assert found.packages == {}
    assert {failure.name: failure.reason for failure in found.failures} == {
        "gone": "ModuleNotFoundError: No module named 'nowhere_to_be_found'",
        "number": "TypeError: expected Toy, not int",
        "other": "ValueError: it is called 'y'; its entry point must be, too",
        "ours": "the name belongs to a built-in one",
    }
    error = found.failure("gone")
    assert error is not None
    assert "'gone' of the package their-toys can't be used" in error.message
    assert found.failure("ours") is None
    assert found.failure("unheard") is None


def test_a_name_that_two_packages_claim_belongs_to_neither(installed: Path) -> None:
    from toys import Toy

    (installed / "theirs.py").write_text("from toys import Toy\nONE = Toy('one')")
    add_package(installed, "first", {"one": "theirs:ONE"})
    add_package(installed, "second", {"one": "theirs:ONE"})
    found = members("toys", "TOY", "test.toys", Toy)
    assert list(found.values) == ["ours"]
    assert {failure.package: failure.reason for failure in found.failures} == {
        "first": "second claims the same name",
        "second": "first claims the same name",
    }

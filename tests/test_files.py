"""What is written appears whole or not at all, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.files import (
    directory_written_atomically,
    held,
    remove_abandoned,
    scratch_directory,
    write_atomically,
    written_atomically,
)
from engine.records.errors import Cancelled, UserError
from tests.cli_helpers import ROOT


def test_a_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"old")
    with written_atomically(path) as scratch:
        scratch.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_appears_with_everything_in_it(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    with directory_written_atomically(path) as scratch:
        (scratch / "weights").write_bytes(b"w")
        assert not path.exists()
    assert [file.name for file in path.iterdir()] == ["weights"]


def fail_half_way(path: Path) -> None:
    with written_atomically(path) as scratch:
        scratch.write_bytes(b"ne")
        raise RuntimeError


def test_an_error_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError):
        fail_half_way(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_path_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    with written_atomically(path) as first, written_atomically(path) as second:
        first.write_bytes(b"first")
        second.write_bytes(b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_written_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"table.csv can't be written: No such file"):
        write_atomically(tmp_path / "missing" / "table.csv", b"")


KILLED = """
import os, signal, sys
from pathlib import Path
from engine.files import directory_written_atomically, scratch_directory, written_atomically

directory = Path(sys.argv[1])
with (
    written_atomically(directory / "table.csv") as file,
    directory_written_atomically(directory / "checkpoint") as made,
    scratch_directory(directory / "model") as used,
):
    file.write_bytes(b"half")
    (made / "weights").write_bytes(b"half")
    (used / "wheel").write_bytes(b"half")
    print(flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in the middle of writing a file, a directory, and what is needed for a third."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="there, a day passes first")
def test_what_a_killed_process_left_is_removed_at_once(
    tmp_path: Path, writer: subprocess.Popen[str]
) -> None:
    (tmp_path / ".theirs.part").write_bytes(b"of another program")
    remove_abandoned(tmp_path)
    assert len(list(tmp_path.iterdir())) == 4
    writer.kill()
    writer.wait()
    write_atomically(tmp_path / "table.csv", b"whole")
    with directory_written_atomically(tmp_path / "checkpoint") as scratch:
        (scratch / "weights").write_bytes(b"whole")
    with scratch_directory(tmp_path / "model"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".theirs.part",
        "checkpoint",
        "table.csv",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="there, a day passes first")
def test_whoever_opens_a_directory_removes_what_was_left_in_it(
    tmp_path: Path, writer: subprocess.Popen[str]
) -> None:
    writer.kill()
    writer.wait()
    assert len(list(tmp_path.iterdir())) == 3
    remove_abandoned(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_that_another_process_makes_is_waited_for(tmp_path: Path) -> None:
    made: list[str] = []

    def make(name: str) -> None:
        with held(tmp_path / "new" / "file", lambda: None):
            made.append(f"{name} begins")
            time.sleep(0.2)
            made.append(f"{name} ends")

    threads = [threading.Thread(target=make, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.split()[1] for event in made] == ["begins", "ends"] * 2

    def stop() -> None:
        raise Cancelled

    with (
        held(tmp_path / "file", lambda: None),
        pytest.raises(Cancelled),
        held(tmp_path / "file", stop),
    ):
        raise AssertionError("it is held")

"""What is written appears whole or not at all, and leaves nothing behind."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from engine.files import (
    STALE_SECONDS,
    held,
    remove_stale_scratch,
    write_atomically,
    written_atomically,
)
from engine.records.errors import Cancelled, UserError


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
    with written_atomically(path) as scratch:
        scratch.mkdir()
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


def test_only_what_a_dead_process_left_is_removed(tmp_path: Path) -> None:
    fresh, stale = tmp_path / ".a.1.part", tmp_path / ".b.2.part"
    other = tmp_path / "c.part"
    for path in (fresh, stale, other):
        path.write_bytes(b"")
    long_ago = time.time() - STALE_SECONDS - 60
    for path in (stale, other):
        os.utime(path, (long_ago, long_ago))
    remove_stale_scratch(tmp_path)
    assert sorted(tmp_path.iterdir()) == [fresh, other]


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

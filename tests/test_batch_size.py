"""Out of memory: batches are halved, work goes on, and what fits is on record and remembered."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from engine.decoding.redecode import redecode
from engine.inspection import handler, scoring
from engine.inspection.inbox import Inbox
from engine.inspection.inspection import Inspection
from engine.models.batch_size import BatchSize, FitKey, RememberedSizes, is_out_of_memory
from engine.models.variants import Variants
from engine.records.hypotheses import Redecode
from engine.records.protocol import Event, Failed, Notice, Shutdown, StartRun
from engine.records.scores import ScoredItem
from engine.records.settings import Settings
from engine.runs.reading import read_manifest, read_run
from engine.scoring.items import score_batch
from engine.scoring.prepared import PreparedItem
from tests.engine_process import tiny_settings

KEY = FitKey(weights_hash="w", device="cuda (H100)", dtype="bfloat16", work="scoring")


def square_up_to(most: int, tried: list[int]) -> Callable[[Sequence[int]], list[int]]:
    """A computation that has memory for `most` numbers at a time."""

    def compute(piece: Sequence[int]) -> list[int]:
        tried.append(len(piece))
        if len(piece) > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return [number**2 for number in piece]

    return compute


@pytest.mark.parametrize("most", [1, 3, 5, 64])
def test_a_batch_that_does_not_fit_is_computed_in_halves(most: int) -> None:
    tried: list[int] = []
    halved: list[int] = []
    size = BatchSize(None, halved.append)
    compute = square_up_to(most, tried)
    results = [
        number
        for batch in (range(16), range(16, 20), range(20, 33))
        for piece in size.compute(batch, compute)
        for number in piece
    ]
    assert results == [number**2 for number in range(33)]
    assert halved == sorted(halved, reverse=True)
    assert (size.size is None) == (most == 64)
    # Not more attempts than halvings fail.
    assert sum(length > most for length in tried) == len(halved)


def test_pieces_of_a_smaller_size_are_pieces_of_those_of_a_larger_one() -> None:
    batch = range(23)
    for larger in range(1, 24):
        for smaller in range(1, larger + 1):
            of_larger = BatchSize(larger, lambda _: None).pieces(batch)
            of_smaller = BatchSize(smaller, lambda _: None).pieces(batch)
            again = [
                part
                for piece in of_larger
                for part in BatchSize(smaller, lambda _: None).pieces(piece)
            ]
            assert again == of_smaller
            assert max(map(len, of_smaller)) <= smaller


def test_elements_may_weigh_more_than_one_and_pieces_that_are_done_are_left_out() -> None:
    size = BatchSize(8, lambda _: None)
    assert [len(piece) for piece in size.pieces(range(8), weight=4)] == [2, 2, 2, 2]
    found = list(size.compute(range(8), list, weight=4, wanted=lambda number: number == 5))
    assert found == [[4, 5]]


def test_one_element_that_does_not_fit_and_other_errors_are_raised() -> None:
    size = BatchSize(None, lambda _: None)
    with pytest.raises(torch.OutOfMemoryError):
        list(size.compute([1], square_up_to(0, [])))
    with pytest.raises(ZeroDivisionError):
        list(size.compute([1, 0], lambda piece: [1 / number for number in piece]))
    assert size.size is None


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux alone")
@pytest.mark.parametrize(("more", "out"), [(64 << 20, True), (4 << 30, False)])
def test_that_the_system_gives_no_more_is_found_out(more: int, out: bool) -> None:
    program = (
        "import psutil\n"
        "from engine.system_errors import memory_is_out\n"
        f"limit = psutil.Process().memory_info().vms + {more}\n"
        "psutil.Process().rlimit(psutil.RLIMIT_AS, (limit, limit))\n"
        "print(memory_is_out())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert done.stdout.strip() == str(out), done.stderr


def test_the_memory_errors_of_every_device_are_known() -> None:
    for error in (
        torch.OutOfMemoryError("HIP out of memory. Tried to allocate 1 GiB"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.0 GB)"),
        RuntimeError("XPU out of memory. Tried to allocate"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("unable to mmap 1056 bytes from file: Cannot allocate memory (12)"),
        OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
        MemoryError(),
        MemoryError("std::bad_alloc"),
        RuntimeError("can't start new thread"),
    ):
        assert is_out_of_memory(error)
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_a_size_is_remembered_until_there_is_more_memory(tmp_path: Path) -> None:
    sizes = RememberedSizes(tmp_path / "cache")
    assert sizes.find(KEY, 10) is None
    sizes.keep(KEY, 4, memory_bytes=100)
    sizes.keep(msgspec.structs.replace(KEY, dtype="float32"), 2, memory_bytes=100)
    assert sizes.find(KEY, 100) == sizes.find(KEY, 50) == 4
    assert sizes.find(KEY, 200) is None
    assert sizes.find(msgspec.structs.replace(KEY, weights_hash="x"), 100) is None
    (tmp_path / "cache" / "batch-sizes.json").write_text("{")
    assert sizes.find(KEY, 100) is None


class Machine:
    """The worker in this process, on a device that has memory for so many items at a time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
        self.events: list[Event] = []
        self.batches: list[int] = []
        self._dies_after: int | None = None

        def limited(
            variants: Variants,
            tokenizer: object,
            batch: Sequence[PreparedItem],
            *rest: object,
            packed: bool,
            **more: Any,
        ) -> list[ScoredItem]:
            if len(batch) > most:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9.00 GiB.")
            # What is computed ahead is taken over, or computed again.
            whole = more.get("names") is None
            if whole and self._dies_after is not None and len(self.batches) >= self._dies_after:
                raise KeyboardInterrupt
            if whole:
                self.batches.append(len(batch))
            return score_batch(
                variants,
                tokenizer,  # type: ignore[arg-type]  # as is
                batch,
                *rest,  # type: ignore[arg-type]  # as is
                packed=packed,
                **more,
            )

        monkeypatch.setattr(scoring, "score_batch", limited)

    def run(self, settings: Settings, directory: Path, dies_after: int | None = None) -> None:
        self._dies_after = dies_after
        inbox = Inbox(self.events.append)
        inbox.put(StartRun(settings=settings, directory=str(directory)))
        inspection = Inspection(inbox, self.events.append, self._serve)
        inspection.serve()

    def _serve(self, inspection: Inspection, request: object) -> None:
        assert isinstance(request, StartRun)
        try:
            handler.serve(inspection, request)
        finally:
            inspection._inbox.put(Shutdown())

    @property
    def notices(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Notice)]


def test_scoring_goes_on_in_smaller_batches_and_a_killed_run_as_one_that_is_not(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tiny_settings(checkpoint, batch_size=8, limit=30)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    whole = Machine(monkeypatch, most=3)
    whole.run(settings, tmp_path / "whole")
    assert not [event for event in whole.events if isinstance(event, Failed)]
    assert "out of memory: scoring goes on with at most 2 items at a time" in whole.notices
    assert read_manifest(tmp_path / "whole").batch_size == 2
    assert max(whole.batches) == 2

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another-cache"))
    killed = Machine(monkeypatch, most=3)
    with pytest.raises(KeyboardInterrupt):
        killed.run(settings, tmp_path / "killed", dies_after=5)
    # Other memory by now, and another cache: the run goes on as it was begun.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "third-cache"))
    resumed = Machine(monkeypatch, most=64)
    resumed.run(settings, tmp_path / "killed")
    assert killed.batches + resumed.batches == whole.batches
    scored = [read_run(tmp_path / name).scored for name in ("whole", "killed")]
    assert scored[0] == scored[1]


def test_a_later_run_of_the_model_begins_with_what_fitted(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tiny_settings(checkpoint, batch_size=8, limit=10)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    Machine(monkeypatch, most=2).run(settings, tmp_path / "first")
    second = Machine(monkeypatch, most=2)
    second.run(settings, tmp_path / "second")
    assert not second.notices
    assert read_manifest(tmp_path / "second").batch_size == 2
    assert read_run(tmp_path / "first").scored == read_run(tmp_path / "second").scored


def test_recovery_goes_on_in_smaller_batches(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = tiny_settings(
        checkpoint, limit=9, recover=("beam=2",), recover_filter="outcome:never"
    )

    def limited(decoder: object, batch: Sequence[object], *rest: object) -> list[Redecode]:
        if len(batch) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9.00 GiB.")
        return redecode(decoder, batch, *rest)  # type: ignore[arg-type]  # as they are

    monkeypatch.setattr("engine.inspection.opened.redecode", limited)
    machine = Machine(monkeypatch, most=64)
    machine.run(settings, tmp_path / "run")
    assert not [event for event in machine.events if isinstance(event, Failed)]
    run = read_run(tmp_path / "run")
    assert len(run.redecodes) > 4
    assert run.manifest.recovery_hypotheses in (2, 4)
    assert run.manifest.batch_size is None
    assert any("recovery goes on" in text for text in machine.notices)

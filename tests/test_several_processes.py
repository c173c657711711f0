"""Several processes score one run: what comes out is what one process would have written."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from engine.records.decodings.beam import Beam
from engine.records.errors import UserError
from engine.records.manifest import ModelRecord
from engine.records.share import ALONE, Share
from engine.runs.lock import RunLock
from engine.runs.log import RunLog
from engine.runs.parts import GrowingLog, new_part
from engine.runs.reading import LOG, Scored, part_directories, read_manifest, read_run
from tests.cli_helpers import ONE_THREAD, environment, run_cli
from tests.runs_helpers import make_manifest, make_redecode, one_of_each
from tui.process.launched import launched_share

SCORED = one_of_each()
ITEMS = [scored.item for scored in SCORED]
TORCHRUN = ("torch.distributed.run", "--nproc-per-node", "2")
ACCELERATE = ("accelerate.commands.launch", "--multi_gpu", "--num_processes", "2")
"""Without --multi_gpu, accelerate starts a single process where there is no accelerator."""


def launched(home: Path, launcher: tuple[str, ...], *arguments: object) -> subprocess.Popen[str]:
    """Start `illusion-tui` in two processes."""
    return subprocess.Popen(
        [sys.executable, "-m", *launcher, "-m", "tui.cli", *map(str, arguments)],
        env=environment(home, OMP_NUM_THREADS=ONE_THREAD),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def score_alone(home: Path, *options: object) -> None:
    """Score a run in one process."""
    done = run_cli(home, "score", *options, seconds=300, OMP_NUM_THREADS=ONE_THREAD)
    assert done.returncode == 0, done.stderr


def exported(home: Path, run: Path) -> list[bytes]:
    """The run as JSON Lines and as CSV."""
    found = []
    for suffix in ("jsonl", "csv"):
        target = run.with_name(f"{run.name}.{suffix}")
        done = run_cli(home, "export", run, "--to", target)
        assert done.returncode == 0, done.stderr
        found.append(target.read_bytes())
    return found


def tiny_options(checkpoint: Path, limit: int) -> list[object]:
    return [
        *("--model", checkpoint, "--sparsity", "0.5", "--language", "en", "--limit", limit),
        *("--calibration-sequences", "2", "--calibration-tokens", "24", "--answer-tokens", "4"),
        *("--batch-size", "4", "--dtype", "float32", "--device", "cpu"),
        *("--recover", "beam=2,one-shot", "--recover-filter", "outcome:never"),
    ]


def test_two_processes_write_what_one_would(checkpoint: Path, tmp_path: Path) -> None:
    options = tiny_options(checkpoint, limit=25)
    score_alone(tmp_path, *options, "--out", tmp_path / "alone")
    both = launched(tmp_path, TORCHRUN, "score", *options, "--json", "--out", tmp_path / "both")
    output, talk = both.communicate(timeout=120)
    assert both.returncode == 0, talk
    assert not (tmp_path / "both" / "parts").exists()
    # Process 0 alone prints, and it prints everything. It finds all of it done where the other one
    # was much faster to start.
    assert json.loads(output)["items"] == 25
    assert "scored 25 of 25" in talk or "(25 items, 25 already scored)" in talk
    assert talk.count("done in ") == 1
    assert exported(tmp_path, tmp_path / "both") == exported(tmp_path, tmp_path / "alone")
    assert read_run(tmp_path / "both").redecodes


def test_two_processes_of_the_embedded_model_write_what_one_would(home: Path) -> None:
    options = ("--limit", 6, "--language", "en", "--sparsity", "0.3", "--method", "magnitude")
    score_alone(home, *options, "--out", home / "alone")
    both = launched(home, ACCELERATE, "score", *options, "--out", home / "both")
    _, talk = both.communicate(timeout=300)
    assert both.returncode == 0, talk
    assert exported(home, home / "both") == exported(home, home / "alone")


def test_the_items_of_a_lost_process_are_taken_up_by_the_next_start(
    checkpoint: Path, tmp_path: Path
) -> None:
    options = tiny_options(checkpoint, limit=40)
    score_alone(tmp_path, *options, "--out", tmp_path / "alone")
    run = tmp_path / "lost"
    lost = subprocess.Popen(
        [sys.executable, "-m", "tui.cli", "score", *map(str, options), "--out", str(run)],
        env=environment(
            tmp_path, RANK="1", WORLD_SIZE="2", LOCAL_RANK="1", OMP_NUM_THREADS=ONE_THREAD
        ),
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: any((part / LOG).stat().st_size for part in part_directories(run)))
    lost.kill()
    _, talk = lost.communicate()
    assert talk == ""
    wait_until(lambda: not is_locked(part_directories(run)[0]))
    assert _ids(part_directories(run)[0])
    both = launched(tmp_path, TORCHRUN, "score", *options, "--out", run)
    _, talk = both.communicate(timeout=120)
    assert both.returncode == 0, talk
    assert exported(tmp_path, run) == exported(tmp_path, tmp_path / "alone")
    score_alone(tmp_path, *options, "--out", run)
    assert not part_directories(run)
    assert exported(tmp_path, run) == exported(tmp_path, tmp_path / "alone")


def test_an_interruption_ends_all_processes(checkpoint: Path, tmp_path: Path) -> None:
    options = tiny_options(checkpoint, limit=190)
    run = tmp_path / "run"
    both = launched(tmp_path, TORCHRUN, "score", *options, "--out", run)
    wait_until(lambda: (run / LOG).exists() and bool((run / LOG).stat().st_size))
    both.send_signal(signal.SIGINT)
    _, talk = both.communicate(timeout=60)
    assert both.returncode != 0
    assert "items are kept in" in talk
    wait_until(lambda: not any(is_locked(path) for path in (run, *part_directories(run))))
    assert 0 < len(read_run(run).scored) < 190


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def is_locked(directory: Path) -> bool:
    try:
        RunLock(directory).release()
    except UserError:
        return True
    return False


def _ids(part: Path) -> list[str]:
    return [
        record.scored.item.id
        for record in GrowingLog(part / LOG).news()
        if isinstance(record, Scored)
    ]


def test_a_run_is_read_with_its_parts_in_the_order_of_the_items(tmp_path: Path) -> None:
    manifest = make_manifest(ITEMS)
    with RunLog.open(tmp_path, manifest, ITEMS) as log:
        part = RunLog.open_part(tmp_path, manifest, ITEMS)
        part.append_scored(SCORED[:2])
        log.append_scored(SCORED[2:])
        assert list(read_run(tmp_path).scored.values()) == SCORED
        log.take_over_parts()
        assert list(log.scored) == [item.id for item in ITEMS[2:]]
        part.close()
        log.take_over_parts()
        assert log.unscored == []
        assert not part_directories(tmp_path)
    assert list(read_run(tmp_path).scored.values()) == SCORED


def test_a_part_whose_taking_over_was_cut_short_is_in_the_log_once(tmp_path: Path) -> None:
    manifest = make_manifest(ITEMS)
    redecode = make_redecode(ITEMS[0], Beam(width=2))
    with RunLog.open(tmp_path, manifest, ITEMS) as log:
        with RunLog.open_part(tmp_path, manifest, ITEMS) as part:
            part.append_scored(SCORED[:3])
            part.append_redecode(redecode)
        # Its process was killed before it could remove the part.
        log.append_scored(SCORED[:2])
    with RunLog.attach(tmp_path) as log:
        assert log.scored.keys() == {item.id for item in ITEMS[:3]}
        assert log.redecodes == [redecode]
    assert not part_directories(tmp_path)
    assert (tmp_path / LOG).read_bytes().count(b"\n") == 4


def test_what_a_part_found_out_completes_what_a_killed_process_did(tmp_path: Path) -> None:
    """Nothing else would tell, where the part has all scores."""
    whole = msgspec.structs.replace(
        make_manifest(ITEMS),
        prompt="begun",
        model=ModelRecord(name="tiny", source="tiny", architecture="llama", parameters=1),
    )
    dense, _ = whole.variants
    begun = msgspec.structs.replace(whole, prompt=None, variants=(dense,))
    with RunLog.open(tmp_path, begun, ITEMS), RunLog.open_part(tmp_path, whole, ITEMS) as part:
        part.append_scored(SCORED)
    with RunLog.attach(tmp_path) as log:
        assert log.manifest == whole
    assert read_manifest(tmp_path) == whole


def test_a_part_that_was_never_begun_goes_with_its_process(tmp_path: Path) -> None:
    with RunLog.open(tmp_path, make_manifest(ITEMS), ITEMS):
        pass
    begun = new_part(tmp_path)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = begun.with_name(f"{begun.name.rpartition('-')[0]}-{ended.pid}")
    for part in (begun, left):
        part.mkdir(parents=True)
        (part / LOG).touch()
    RunLog.attach(tmp_path).close()
    assert begun.exists()
    assert not left.exists()


def test_a_part_of_other_conditions_is_refused(tmp_path: Path) -> None:
    manifest = make_manifest(ITEMS)
    with RunLog.open(tmp_path, manifest, ITEMS) as log:
        log.write_manifest(msgspec.structs.replace(manifest, dtype="float32"))
    with RunLog.open_part(tmp_path, manifest, ITEMS) as part:
        part.write_manifest(msgspec.structs.replace(manifest, dtype="bfloat16"))
        part.append_scored(SCORED)
    with pytest.raises(UserError, match="number format"):
        RunLog.attach(tmp_path)
    shutil.rmtree(part.directory)
    RunLog.attach(tmp_path).close()


def test_a_growing_log_is_read_line_by_line(tmp_path: Path) -> None:
    growing = GrowingLog(tmp_path / "run" / LOG)
    assert growing.news() == []
    with RunLog.open(tmp_path / "run", make_manifest(ITEMS), ITEMS) as log:
        log.append_scored(SCORED[:1])
        with (tmp_path / "run" / LOG).open("ab") as file:
            file.write(b'{"record":"sco')
        assert [record.scored for record in growing.news() if isinstance(record, Scored)] == SCORED[
            :1
        ]
        assert growing.news() == []


@pytest.mark.parametrize(
    ("variables", "share"),
    [
        ({}, ALONE),
        ({"RANK": "3"}, ALONE),
        (
            {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1"},
            Share(rank=3, processes=4, local_rank=1),
        ),
        (
            {"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"},
            Share(rank=1, processes=2, local_rank=1),
        ),
    ],
)
def test_the_launcher_says_which_process_this_is(variables: dict[str, str], share: Share) -> None:
    assert launched_share(variables) == share


def test_an_environment_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(UserError, match="process 2 of 2"):
        launched_share({"RANK": "2", "WORLD_SIZE": "2"})

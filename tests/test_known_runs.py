"""The runs that a machine knows: found, counted, renamed, deleted and had back."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.analysis.frame import run_frame
from engine.records.errors import UserError
from engine.runs.directories import runs_directory
from engine.runs.keeping import delete_run, deleted_runs, rename_run, restore_run
from engine.runs.known import ELSEWHERE, find_run, known_runs, located, remember
from engine.runs.log import RunLog
from engine.runs.overview import RunEntry, overview
from engine.runs.reading import read_run
from engine.runs.tallies import TallyCache, count_logs
from tests.run_library import fill_library, other_answers, put_run
from tests.runs_helpers import PRUNED, one_of_each


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the user's runs, with a few in it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fill_library(runs_directory())
    return runs_directory()


def entries() -> dict[str, RunEntry]:
    return {entry.name: entry for entry in overview(known_runs())}


def test_a_list_has_every_run_with_its_state_the_latest_first(runs: Path) -> None:
    found = entries()
    assert list(found) == ["first", "five-recipes", "second", "broken"]
    assert [entry.state for entry in found.values()] == [
        "finished",
        "finished",
        "unfinished",
        "damaged",
    ]
    assert "line 1" in found["broken"].problem
    with RunLog.attach(runs / "second"):
        assert entries()["second"].state == "being written"
    assert entries()["second"].state == "unfinished"


@pytest.mark.parametrize("name", ["first", "second", "five-recipes"])
def test_what_is_counted_is_what_the_table_of_the_run_has(runs: Path, name: str) -> None:
    run, entry = read_run(runs / name), entries()[name]
    assert entry.tally is not None
    assert entry.tally.scored == len(run.scored)
    frame = run_frame(run, run.manifest.settings.recipes[-1])
    for place, side in ((0, "dense"), (-1, "pruned")):
        for measure, column in (("open", "answer_correct"), ("choice", "choice_correct")):
            tally = entry.tallies(measure)[place]  # type: ignore[arg-type]  # both are measures
            assert tally is not None
            known = frame[f"{side}_{column}"].drop_nulls()
            assert (tally.right, tally.n) == (int(known.sum()), known.len())


def test_a_log_is_counted_again_only_when_it_has_changed(runs: Path) -> None:
    before = entries()["second"].tally
    assert TallyCache().known(runs / "second") == before
    with RunLog.attach(runs / "second") as log:
        log.append_scored(other_answers()[4:])
    assert TallyCache().known(runs / "second") is None
    after = entries()["second"].tally
    assert (before and before.scored, after and after.scored) == (4, 6)
    assert TallyCache().known(runs / "first") == count_logs([runs / "first" / "log.jsonl"])


def test_what_is_damaged_is_not_counted(runs: Path) -> None:
    log = runs / "first" / "log.jsonl"
    content = log.read_bytes()
    log.write_bytes(content.replace(b'"correct":false', b'"correct":true', 1))
    found = entries()["first"]
    assert (found.state, found.tally) == ("damaged", None)
    assert "checksum" in found.problem
    log.unlink()
    assert entries()["first"].state == "damaged"


def test_a_torn_last_line_is_not_counted(runs: Path) -> None:
    with (runs / "first" / "log.jsonl").open("ab") as log:
        log.write(b'{"record":"scored","scored":{"item":{"id":"x"')
    tally = entries()["first"].tally
    assert tally is not None
    assert tally.scored == 5
    assert tally.variants[PRUNED].open.right == 2


def test_runs_elsewhere_are_remembered_while_they_are_there(tmp_path: Path, runs: Path) -> None:
    for name in ("one", "two"):
        remember(tmp_path / "place" / name)
        remember(tmp_path / "place" / name)
    remember(runs / "first")
    assert (runs.parent / "elsewhere.jsonl").read_text().count("\n") == 2
    assert len(known_runs()) == 4
    put_run(tmp_path / "place" / "one", one_of_each())
    assert find_run("one") == (tmp_path / "place" / "one").resolve()


def test_what_killed_processes_left_hides_no_run_and_is_none(tmp_path: Path, runs: Path) -> None:
    before = known_runs()
    # Of a line about a run elsewhere, and of a pack that was being opened.
    (runs.parent / ELSEWHERE).write_bytes(b'"/home/somebo')
    put_run(runs / ".talk.0a1b2c3d.part", one_of_each())
    assert known_runs() == before
    remember(put_run(tmp_path / "later", one_of_each()))
    assert set(known_runs()) == {*before, tmp_path / "later"}


def test_a_bare_name_is_a_path_first_and_then_a_known_run(
    tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert located(Path("first")) == runs / "first"
    assert located(tmp_path / "nowhere") == tmp_path / "nowhere"
    monkeypatch.chdir(tmp_path)
    put_run(tmp_path / "first", one_of_each())
    assert located(Path("first")) == Path("first")
    with pytest.raises(UserError, match="no run 'frist'") as unknown:
        located(Path("frist"))
    assert "Did you mean first?" in unknown.value.hint
    with pytest.raises(UserError) as part:
        located(Path("recipes"))
    assert "Did you mean five-recipes?" in part.value.hint
    remember(tmp_path / "first")
    with pytest.raises(UserError, match="2 runs are called 'first'"):
        find_run("first")


def test_a_renamed_run_is_the_same_run(runs: Path) -> None:
    before = read_run(runs / "first").scored
    renamed = rename_run(runs / "first", "baseline")
    assert (runs / "first").exists() is False
    assert read_run(renamed).scored == before
    assert find_run("baseline") == renamed


def test_a_run_elsewhere_keeps_its_place_when_it_is_renamed(tmp_path: Path) -> None:
    remember(put_run(tmp_path / "place" / "one", one_of_each()))
    rename_run(find_run("one"), "other")
    assert find_run("other") == (tmp_path / "place" / "other").resolve()


@pytest.mark.parametrize("name", ["", "a/b", "a\\b", "..", "-x", "a:b", "a\x1b[2J", " a", "second"])
def test_names_that_are_paths_or_taken_are_refused(runs: Path, name: str) -> None:
    with pytest.raises(UserError):
        rename_run(runs / "first", name)
    assert read_run(runs / "first").scored


def test_a_run_that_is_being_written_is_neither_renamed_nor_deleted(runs: Path) -> None:
    with RunLog.attach(runs / "second"):
        with pytest.raises(UserError, match="'second' is being written"):
            rename_run(runs / "second", "x")
        with pytest.raises(UserError, match="'second' is being written"):
            delete_run(runs / "second")
    assert delete_run(runs / "second").trash.is_dir()


def test_a_deleted_run_comes_back_as_it_was(runs: Path) -> None:
    before = {path.name: path.read_bytes() for path in (runs / "first").iterdir()}
    deleted = delete_run(runs / "first")
    assert "first" not in entries()
    assert deleted_runs() == [deleted]
    assert restore_run("first") == runs / "first"
    assert {path.name: path.read_bytes() for path in (runs / "first").iterdir()} == before
    assert deleted_runs() == []


def test_of_two_deleted_runs_of_one_name_the_later_comes_back_first(runs: Path) -> None:
    delete_run(runs / "first")
    put_run(runs / "first", one_of_each()[:2])
    delete_run(runs / "first")
    assert len(read_run(restore_run("first")).items) == 2
    with pytest.raises(UserError, match="there is a run 'first' again"):
        restore_run("first")
    rename_run(runs / "first", "later")
    assert len(read_run(restore_run("first")).items) == 5
    with pytest.raises(UserError, match="no run 'frist' was deleted"):
        restore_run("frist")

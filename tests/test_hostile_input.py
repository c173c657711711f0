"""Input that once hung, or ended with a raw error: each is one clear error and exit status 2."""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import polars as pl
import pytest

from engine.analysis.filters import MOST_CONDITIONS, parse_filter
from engine.analysis.frame import pairs_frame, run_frame
from engine.files import write_atomically
from engine.importing import import_runs
from engine.items.reading import read_items
from engine.methods.recipes import parse_recipe
from engine.records.errors import LONGEST, UserError
from engine.records.protocol import addressed, decode_request, encode
from engine.runs.log import RunLog
from engine.runs.reading import read_run
from tests.cli_helpers import run_cli, scripted
from tests.harness.hostile import unsealed
from tests.runs_helpers import PRUNED, make_manifest, one_of_each
from tests.test_import import harness_answer, write
from tui.options.config import read_config

DEEP = "[" * 100_000 + "]" * 100_000
NOBODY = "~nobody-has-this-name"

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")


def refused(call: Callable[[], object]) -> UserError:
    """The error of a call: of status 2, with a hint, and short enough to be read."""
    with pytest.raises(UserError) as caught:
        call()
    error = caught.value
    assert error.status == 2
    assert error.hint
    assert len(error.message) <= LONGEST
    return error


# -- filters ------------------------------------------------------------------------------------


def test_a_filter_of_thousands_of_conditions_is_refused_and_one_of_many_is_quick() -> None:
    frame = pairs_frame(one_of_each(), "dense", PRUNED)
    for condition in ("rank>1", "capital", "-outcome:kept"):
        error = refused(partial(parse_filter, f"{condition} " * 3_000))
        assert "it has 3,000 words and conditions" in error.message
        text = f"{condition} " * MOST_CONDITIONS
        found = frame.filter(parse_filter(text))
        assert found.equals(frame.filter(parse_filter(condition)))


def test_a_filter_lists_thousands_of_ids() -> None:
    frame = pairs_frame(one_of_each(), "dense", PRUNED)
    ids = ",".join(["kept", "lost", *(f"capital-{number:05}" for number in range(4_000))])
    assert frame.filter(parse_filter(f"id:{ids}"))["item_id"].to_list() == ["kept", "lost"]
    assert "120,000 characters" in refused(lambda: parse_filter("x" * 120_000)).message


@pytest.mark.parametrize("text", ["\ud800", "outcome:\udfff", 'gold:"\ud83d"'])
def test_half_of_a_character_in_a_filter_is_refused(text: str) -> None:
    assert "is not Unicode" in refused(lambda: parse_filter(text)).message


def test_words_and_their_negations_hold_together() -> None:
    frame = pairs_frame(one_of_each(), "dense", PRUNED)
    found = frame.filter(parse_filter("capital -lost -question:gained dense_answer:paris"))
    assert found["item_id"].to_list() == ["kept", "recognition-only"]


# -- items files --------------------------------------------------------------------------------


@needs_pipes
def test_pipes_and_devices_are_no_items_files(tmp_path: Path) -> None:
    pipe, device = tmp_path / "items.jsonl", tmp_path / "zero.csv"
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    for path in (pipe, device):
        assert "a pipe or a device" in refused(partial(read_items, str(path))).message
    assert "a pipe or a device" in refused(lambda: read_config(pipe)).message
    run = tmp_path / "run"
    run.mkdir()
    os.mkfifo(run / "manifest.json")
    assert "a pipe or a device" in refused(lambda: read_run(run)).message


@pytest.mark.parametrize(
    ("suffix", "text", "message"),
    [
        (".jsonl", f'{{"question": {DEEP}, "gold": "x"}}', "row 1: invalid JSON: it is nested"),
        (".jsonl", f'{{"question": "q", "gold": {"9" * 5_000}}}', "row 1"),
        (".jsonl", '{"question": "\\ud800", "gold": "x"}', "row 1: invalid JSON"),
        (".jsonl", f'{{"question": "q", "gold": "g", "{"x" * 100_000}": 1}}', "no such field"),
        (".jsonl", f'{{"question": "q", "gold": ["{"x" * 100_000}"]}}', "expected text"),
        (".csv", f'question,gold,aliases\nq,g,"{DEEP}"', "which is no JSON array"),
        (".csv", f"{'x' * 100_000},question,gold\na,q,g", "no such field"),
    ],
)
def test_what_is_too_deep_or_too_long_is_one_short_error(
    tmp_path: Path, suffix: str, text: str, message: str
) -> None:
    path = tmp_path / f"items{suffix}"
    path.write_text(text, "utf-8")
    assert message in refused(lambda: read_items(str(path))).message


def test_a_benchmark_file_without_a_column_does_not_list_its_columns_at_length(
    tmp_path: Path,
) -> None:
    path = tmp_path / "xquad.en.json"
    path.write_text(json.dumps([{f"{'x' * 1_000}{number}": 1 for number in range(100)}]))
    error = refused(lambda: read_items(f"xquad:{path}"))
    assert "there is no column 'answers.text'" in error.message
    assert len(error.hint) <= 2 * LONGEST


@pytest.mark.parametrize("answer", ["²", "ß", "9" * 5_000, "-1", "E", 4])
def test_an_answer_that_names_no_option_is_refused(tmp_path: Path, answer: object) -> None:
    path = tmp_path / "mmlu.json"
    row = {"question": "q", "choices": ["a", "b", "c", "d"], "answer": answer, "subject": "s"}
    path.write_text(json.dumps([row]))
    assert "expected one of 4 options" in refused(lambda: read_items(f"mmlu:{path}")).message


def test_a_corrupt_parquet_file_is_an_error_and_says_nothing_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "items.parquet"
    pl.DataFrame({"question": ["q"] * 50, "gold": ["g"] * 50}).write_parquet(path)
    whole = path.read_bytes()
    for place in range(4, len(whole), 7):
        path.write_bytes(whole[:place] + b"\xff\xff\xff\xff" + whole[place + 4 :])
        with contextlib.suppress(UserError):
            read_items(str(path))
    assert capfd.readouterr() == ("", "")


LESS_THAN_NO_ROWS = (
    "UEFSMRUAFRYVFiwVARUAFQYVBhwAAAACAAAAAwEBAAAAYRUEGSw1ABgGc2NoZW1hFQIAFQwlAhgIcXVlc3Rpb24lAEwc"
    "AAAAFgQZHBkcJgAcFQwZJQYAGRgIcXVlc3Rpb24VABYEFjwWPCYISRwVABUAFQIAPBYCGQYZJgICAAAAFjwWBCYIFjwA"
    "KCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRkcHAAAAJAAAABQQVIx"
)
"""A Parquet file of two questions whose page says that it has -1 rows."""


def test_a_parquet_file_that_asks_for_exabytes_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    path.write_bytes(base64.b64decode(LESS_THAN_NO_ROWS))
    assert "not a Parquet file" in refused(lambda: read_items(str(path))).message


@pytest.mark.parametrize(
    "source", [f"{NOBODY}/x.jsonl", f"{'x' * 5_000}.jsonl", f"xquad:{'x' * 5_000}.json", "a\0.csv"]
)
def test_a_name_that_no_file_has_is_no_file(source: str) -> None:
    refused(lambda: read_items(source))


# -- what else is named or typed ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"[defaults]\nsparsity = {DEEP}", "nested too deeply"),
        (f"[defaults]\nlimit = {'9' * 5_000}", "is not TOML"),
        (f"[defaults]\nsparsity = 0x{'f' * 9_000}", "Expected `str"),
        (f"{'x' * 100_000} = 1", "unknown section"),
    ],
)
def test_a_config_file_that_no_one_wrote_by_hand(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read_config(path)
    assert message in caught.value.message
    assert len(caught.value.message) <= LONGEST


def test_an_export_may_have_as_long_a_name_as_a_file_can(tmp_path: Path) -> None:
    longest = tmp_path / ("x" * 251 + ".csv")
    write_atomically(longest, b"data")
    assert longest.read_bytes() == b"data"
    error = refused(lambda: write_atomically(tmp_path / ("x" * 252 + ".csv"), b"data"))
    assert "can't be written: File name too long" in error.message
    error = refused(lambda: write_atomically(tmp_path / "a\0", b""))
    assert "no file can be called" in error.message
    assert list(tmp_path.iterdir()) == [longest]


@pytest.mark.parametrize("recipe", [f"wanda:0.5+keep={'9' * 5_000}", f"rtn:{'9' * 5_000}"])
def test_a_number_of_thousands_of_digits_is_in_no_recipe(recipe: str) -> None:
    with pytest.raises(UserError):
        parse_recipe(recipe)


def test_a_recipe_is_written_as_it_was_meant() -> None:
    for text in ("wanda:0.9999999", "wanda:0.123456789", "noise:1e-09", "wanda:0.45"):
        assert parse_recipe(str(parse_recipe(text))) == parse_recipe(text)
    assert str(parse_recipe("wanda:0.9999999")) == "wanda:0.9999999"


@pytest.mark.parametrize(
    "arguments",
    [
        ["score", "--items", f"{NOBODY}/x.jsonl"],
        ["score", "--items", "x" * 5_000 + ".jsonl"],
        ["score", "--items", "bad\udcff.jsonl"],
        ["score", "--model", "bad\udcff"],
        ["score", "--limit", "9" * 30],
        ["score", "--max-memory", "nan"],
        ["score", "--recover-filter", "\udcff", "--recover", "beam=8"],
        ["score", "--limit", "1", "--out", "x" * 5_000],
        ["score", "--calibration", "x" * 5_000 + ".txt", "--items", "nothing"],
        ["score", "--recipe", "checkpoint:" + "x" * 5_000, "--items", "nothing"],
        ["export", "x" * 5_000, "--to", "a.csv"],
        ["open", "x" * 5_000],
        ["judge", "x" * 5_000, "--judge", "exact"],
        ["import", "x" * 5_000, "y" * 5_000, "--out", "z"],
        ["redecode", "bad\udcff", "x", "--beam", "2", "--engine", scripted()],
    ],
    ids=lambda arguments: " ".join(arguments[:2])[:30] + arguments[-1][:8],
)
def test_a_command_says_one_error(tmp_path: Path, arguments: list[str]) -> None:
    done = run_cli(tmp_path, *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    first, *rest = done.stderr.splitlines()
    assert first.startswith("error: ")
    assert len(first) <= LONGEST + 100
    assert all(line.startswith("hint: ") for line in rest)


def test_nothing_is_said_to_be_done_before_an_error(tmp_path: Path) -> None:
    done = run_cli(tmp_path, "score", "--engine", scripted("nothing"))
    assert done.returncode == 1
    assert "never opened" in done.stderr
    assert "done in" not in done.stderr
    assert "done in" in run_cli(tmp_path, "score", "--engine", scripted()).stderr


# -- runs, imports and the pipe -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"recipes":["wanda:0.45"]', b'"recipes":[]'),
        (b'"tokens":[[', b'"tokens":[],"x":[['),
        (b'"gold_index":0', b'"gold_index":7'),
        (b'" Par",1,', b'" Par",99999999999999999999,'),
        (b'"question":"', b'"question":"\\ud800'),
        (b'"kind":"capital"', b'"kind":' + DEEP.encode()),
    ],
)
def test_a_run_that_says_what_cannot_be_is_damaged(
    tmp_path: Path, before: bytes, after: bytes
) -> None:
    scored = one_of_each()
    items = [each.item for each in scored]
    with RunLog.open(tmp_path / "run", make_manifest(items), items) as log:
        log.append_scored(scored)
    for path in (tmp_path / "run").glob("*.json*"):
        path.write_bytes(unsealed(path.read_bytes()).replace(before, after))
    refused(lambda: run_frame(read_run(tmp_path / "run")))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "['\\ud800']"}, "half of a character"),
        ({"target": "[" + "-" * 20_000 + "1]"}, ""),
        ({"target": "[" * 100_000}, ""),
        ({"arguments": [[]], "resps": [["x"]]}, "not as the harness writes it"),
        ({"doc": {"question": "x" * 100_000}, "resps": []}, "responses"),
    ],
)
def test_a_log_that_the_harness_never_wrote(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = write(tmp_path / "a" / "samples_x.jsonl", [harness_answer(0, "Paris") | change])
    if not message:
        assert len(import_runs(path, path, tmp_path / "run").items) == 1
        return
    error = refused(lambda: import_runs(path, path, tmp_path / "run"))
    assert message in error.message
    assert not (tmp_path / "run").exists()


def test_a_line_of_the_pipe_that_is_nested_without_end_is_no_request() -> None:
    line = b'{"type":"Cancel","id":"1","request":' + DEEP.encode() + b"}"
    with pytest.raises(msgspec.DecodeError):
        decode_request(line)
    # How deep is too deep to look for its address differs from Python to Python.
    assert addressed(line) in {("", None), ("Cancel", "1")}
    request = b'{"type":"Cancel","id":"1","request":"2"}'
    assert encode(decode_request(request)).startswith(b'{"type":"Cancel"')

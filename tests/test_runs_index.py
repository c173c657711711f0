"""A log's records are found without decoding them, and decoded when they are looked at."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.records.decodings.beam import Beam
from engine.records.errors import UserError
from engine.runs.index import LogIndex, index_log
from engine.runs.log import RunLog
from engine.runs.logged import ItemsOf, LogFile, LoggedItems, LoggedRedecodes, RedecodesOf
from engine.runs.reading import LOG, MANIFEST, read_item_ids, read_log, read_run
from tests.runs_helpers import make_item, make_manifest, make_redecode, make_score, scored_item

RUN = Path(__file__).parent / "data" / "run-0.1" / "run"


def logged(path: Path, index: LogIndex) -> tuple[LoggedItems, LoggedRedecodes]:
    file = LogFile(path)
    return LoggedItems(file, index.scored), LoggedRedecodes(file, index.redecodes)


def test_what_is_found_is_what_reading_everything_gives() -> None:
    run = read_run(RUN)
    items, redecodes = logged(RUN / LOG, index_log(RUN / LOG))
    assert dict(items) == read_log(RUN / LOG).scored
    assert read_item_ids(RUN) == tuple(item.id for item in run.items)
    assert {item.id for item in ItemsOf(items)} == {item.id for item in run.items}
    assert len(RedecodesOf(redecodes)) == len(run.redecodes)
    assert all(redecode in run.redecodes for redecode in RedecodesOf(redecodes))
    for item_id in redecodes:
        latest_first = [each for each in run.redecodes if each.item_id == item_id][::-1]
        assert redecodes[item_id] == latest_first


def test_of_records_with_the_same_key_the_last_counts(tmp_path: Path) -> None:
    items = [make_item('quoted "id" \\ 1'), make_item("2")]
    scored = [scored_item(each, make_score(each, "Paris"), make_score(each, "x")) for each in items]
    again = scored_item(items[0], make_score(items[0], "Rome"), make_score(items[0], "x"))
    first = make_redecode(items[0], Beam(), "Rome")
    last = make_redecode(items[0], Beam(), "Paris")
    other = make_redecode(items[0], Beam(width=3), "Oslo")
    with RunLog.open(tmp_path, make_manifest(items), items) as log:
        log.append_scored([*scored, again])
        for redecode in (first, other, last):
            log.append_redecode(redecode)
    found, redecodes = logged(tmp_path / LOG, index_log(tmp_path / LOG))
    assert dict(found) == {items[0].id: again, "2": scored[1]} == read_run(tmp_path).scored
    assert redecodes[items[0].id] == [other, last]


def test_a_torn_last_line_is_left_out_and_fields_may_come_in_any_order(tmp_path: Path) -> None:
    lines = (RUN / LOG).read_bytes().splitlines(keepends=True)
    record = json.loads(lines[0])
    scored = dict(reversed(record["scored"].items()))
    lines[0] = json.dumps({"scored": scored, "record": "scored"}).encode() + b"\n"
    path = tmp_path / LOG
    shutil.copy(RUN / MANIFEST, tmp_path)
    path.write_bytes(b"".join(lines[:3]) + lines[3][:200])
    items, _ = logged(path, index_log(path))
    assert dict(items) == {
        item_id: scored
        for item_id, scored in read_log(RUN / LOG).scored.items()
        if item_id in items
    }
    assert len(items) == 3


@pytest.mark.parametrize("damage", [b'{"record":', b'{"record":"other"}', b"\xff\xfe", b"[1]"])
def test_a_line_that_is_no_record_is_named(tmp_path: Path, damage: bytes) -> None:
    lines = (RUN / LOG).read_bytes().splitlines()
    path = tmp_path / LOG
    shutil.copy(RUN / MANIFEST, tmp_path)
    path.write_bytes(b"\n".join([*lines[:2], damage, *lines[3:]]) + b"\n")
    with pytest.raises(UserError, match=r"log\.jsonl, line 3 is damaged"):
        index_log(path)


def test_what_comes_later_is_kept_beside_the_log_and_copies_do_not_follow() -> None:
    items, _ = logged(RUN / LOG, index_log(RUN / LOG))
    item = make_item("later")
    before = items.copy()
    assert before == items
    items["later"] = scored_item(item, make_score(item, "Paris"), make_score(item, "x"))
    assert list(items)[-1] == "later"
    assert len(items) == len(before) + 1
    assert "later" not in before
    assert before != items


def test_a_damaged_score_says_so_where_it_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / LOG
    shutil.copy(RUN / MANIFEST, tmp_path)
    shutil.copy(RUN / LOG, path)
    index = index_log(path)
    item_id, span = next(iter(index.scored.items()))
    with path.open("r+b") as file:
        file.seek(span.start + span.length // 2)
        file.write(b"\x00\x00\x00")
    items, _ = logged(path, index)
    assert "line 1 is damaged" in items[item_id].item.question
    assert not items[item_id].scores

"""Files: every format of an export, packs, and pictures of screens."""

from __future__ import annotations

import csv
import functools
import io
import json
import random
import re
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from engine.analysis.frame import run_frame
from engine.analysis.long import long_frame
from engine.analysis.overruling import annotated
from engine.reports.export import WRITERS, export
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from engine.runs.packing import write_pack
from engine.runs.packs import unpack
from engine.runs.reading import Run, read_run
from engine.runs.remedies import with_remedies
from engine.text import harmless
from tests.harness.acting import acting
from tests.harness.hostile_run import HostileRun, benign, hostile_run, write
from tests.harness.outlet import Outlet
from tui.shots import STAGE, Shot, screen_names, take_shot

MEGABYTES = 0.002
"""The share of texts that become a megabyte long, where that is quick."""
SIZES = ((80, 24), (120, 34), (200, 50))

_FORMULA = re.compile(r"\s*[=@＝＠]|\s*[+\-＋－](?!\d+([.,]\d+)*\s?%?$)|[\t\r]")
_PIPE = re.compile(r"(?<!\\)(?:\\\\)*\|")
_BLOCK = re.compile(r"#+ |- |\|")

csv.field_size_limit(sys.maxsize)


def _read(run: HostileRun) -> Run:
    """The run, after a look whether what is read is what was written."""
    read = read_run(run.directory)
    assert read.manifest == run.manifest
    assert list(read.scored.values()) == run.scored
    assert list(read.redecodes) == run.redecodes
    assert list(read.findings) == run.findings
    return with_remedies(annotated(read))


def _exports(seed: int, directory: Path) -> frozenset[str]:
    run = _read(hostile_run(directory, seed, megabyte=MEGABYTES))
    assert set(_CHECKS) == set(WRITERS), "a format that nobody looks at"
    for suffix, check in _CHECKS.items():
        for long in (False, True):
            path = directory / f"run{suffix}"
            assert export(run, path, long=long)
            check(path.read_bytes(), run, long)
    text = render_text(full_summary(run))
    _still(text, "the summary")
    return frozenset(_CHECKS)


def _still(text: str, what: str) -> None:
    """Nothing in a text acts but its line ends."""
    for line in text.split("\n"):
        found = acting(line)
        at = line.index(found[0]) if found else 0
        assert not found, f"{what}: {found[:5]!a} in {line[max(at - 60, 0) : at + 60]!a}"


def _rows(run: Run, long: bool) -> pl.DataFrame:
    name = run.manifest.settings.recipes[0]
    return long_frame(run, set(run.scored)) if long else run_frame(run, name)


def _csv(data: bytes, run: Run, long: bool) -> None:
    frame = _rows(run, long)
    found = list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))
    assert len(found) == frame.height
    for row, true in zip(found, frame.iter_rows(named=True), strict=True):
        for name, cell in row.items():
            assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", cell), (name, cell)
            assert not _FORMULA.match(cell), (name, cell)
            if isinstance(true[name], str):
                assert cell.removeprefix("'") == harmless(true[name]).removeprefix("'"), name
    raw = frame.select(pl.col(pl.String)).write_csv(quote_style="non_numeric")
    for row, true in zip(
        csv.DictReader(io.StringIO(raw, newline=""), strict=True),
        frame.iter_rows(named=True),
        strict=True,
    ):
        assert all(cell == (true[name] or "") for name, cell in row.items())


def _jsonl(data: bytes, run: Run, long: bool) -> None:
    lines = data.split(b"\n")
    assert lines.pop() == b""
    rows = [json.loads(line) for line in lines]
    frame = _rows(run, long)
    assert [row["item_id"] for row in rows] == frame["item_id"].to_list()
    if long:
        return
    for row in rows:
        scored = run.scored[row["item_id"]]
        for name in ("item", "scores", "prompt", "notes"):
            assert row[name] == _plain(getattr(scored, name)), name


def _plain(value: Any) -> Any:
    return json.loads(msgspec.json.encode(value))


def _parquet(data: bytes, run: Run, long: bool) -> None:
    assert pl.read_parquet(io.BytesIO(data)).equals(_rows(run, long))


def _markdown(data: bytes, run: Run, long: bool) -> None:
    text = data.decode()
    _still(text, "Markdown")
    blocks, expected = _md_blocks(text), _md_blocks(_harmless_report(".md", long).decode())
    assert _headings(blocks) == _headings(expected)
    for block in blocks:
        kinds = {(found := _BLOCK.match(line)) and found[0] for line in block}
        assert len(kinds) == 1, f"text in a table or a list: {block[:5]}"
        if kinds == {"|"}:
            cells = {len(_PIPE.findall(line)) for line in block}
            assert len(cells) == 1, f"a row of a table has other cells: {block[:5]}"
    assert len(blocks[-1]) == len(expected[-1]), "another number of items"


def _md_blocks(text: str) -> list[list[str]]:
    return [block.split("\n") for block in text.rstrip("\n").split("\n\n")]


def _headings(blocks: list[list[str]]) -> list[str]:
    """The levels of a document's headings."""
    found = (_BLOCK.match(block[0]) for block in blocks)
    return [one[0] for one in found if one and one[0].startswith("#")]


def _html(data: bytes, _run: Run, long: bool) -> None:
    text = data.decode()
    _still(text, "HTML")
    found, expected = _tags(text), _tags(_harmless_report(".html", long).decode())
    assert not found.keys() - expected.keys(), found.keys() - expected.keys()
    # How many rows there are by the length of an answer depends on the text.
    for tag in found:
        if not tag.startswith(("td", "tr", "th", "i ", "svg", "text", "rect")):
            assert found[tag] == expected[tag], tag


def _tags(text: str) -> Counter[str]:
    """The elements of a document, with the names of their attributes and their classes."""
    found: Counter[str] = Counter()

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            names = " ".join(name for name, _ in attrs)
            found[f"{tag} {names} {dict(attrs).get('class')}"] += 1

        def handle_comment(self, data: str) -> None:
            found[f"comment {data}"] += 1

    Tags(convert_charrefs=True).feed(text)
    return found


@functools.cache
def _harmless_report(suffix: str, long: bool) -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        whole = benign(Path(directory) / "run")
        write(whole)
        export(_read(whole), Path(directory) / f"run{suffix}", long=long)
        return (Path(directory) / f"run{suffix}").read_bytes()


_CHECKS: dict[str, Callable[[bytes, Run, bool], None]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
    ".md": _markdown,
    ".html": _html,
}


def _pack(seed: int, directory: Path) -> frozenset[str]:
    run = read_run(hostile_run(directory, seed, megabyte=MEGABYTES).directory)
    write_pack(run, directory / "a.illusion")
    unpack(directory / "a.illusion", directory / "again")
    again = read_run(directory / "again")
    for name in ("manifest", "items", "scored", "redecodes", "findings"):
        assert getattr(again, name) == getattr(run, name), name
    chosen = next(iter(run.scored))
    write_pack(run, directory / "b.illusion", {chosen}, chosen)
    unpack(directory / "b.illusion", directory / "one")
    assert set(read_run(directory / "one").scored) == {chosen}
    return frozenset()


def _picture(seed: int, directory: Path) -> frozenset[str]:
    run = hostile_run(directory, seed, megabyte=MEGABYTES / 4)
    rng = random.Random(seed)
    for screen in screen_names():
        # What comes on stage is the stage's own choice.
        item = None if screen == STAGE else rng.choice(run.scored).item.id
        svg = take_shot(run.directory, Shot(screen, item, size=rng.choice(SIZES)))
        _still(svg, screen)
        for node in ET.fromstring(svg).iter():
            assert not node.tag.endswith(("script", "image", "foreignObject")), screen
    return frozenset(screen_names())


OUTLETS = (
    Outlet("exports", 300, _exports),
    Outlet("packs", 300, _pack),
    Outlet("pictures", 60, _picture),
)

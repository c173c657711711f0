"""Nothing is silently wrong: what is read back is what was written, or it is refused."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest
import torch

from engine.analysis.rejudging import read_judged, rejudge
from engine.compression.cache import VariantKey, load_variant, store_variant
from engine.compression.compress import Compressed, compress
from engine.compression.reporter import Reporter
from engine.compression.sampling import SampleFiles, write_sample
from engine.compression.texts import CalibrationText
from engine.methods.recipes import parse_recipe
from engine.models.weight_files import DamagedFile, weights_hash, write_checksums
from engine.records.decodings.beam import Beam
from engine.records.errors import UserError
from engine.records.remedies import Trial
from engine.records.settings import Settings
from engine.remembered import keep_remembered, remembered
from engine.runs.index import index_log
from engine.runs.log import RunLog
from engine.runs.logged import LogFile, LoggedItems, LoggedRedecodes
from engine.runs.reading import ITEMS, LOG, MANIFEST, Run, read_item_ids, read_run
from engine.runs.remedies import REMEDIES, RemedyLog
from tests.runs_helpers import make_item, make_manifest, make_redecode, one_of_each
from tests.tiny_models import save_tiny_checkpoint, tiny_model

FLIPS = 300


def flipped(data: bytes, rng: random.Random, *, before: int = 0) -> bytes:
    """The data with one bit turned; none of the last `before` bytes."""
    place = rng.randrange(len(data) - before)
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]


def written_run(directory: Path, recipe: str = "wanda:0.45") -> Run:
    scored = one_of_each()
    items = [one.item for one in scored]
    manifest = make_manifest(items, Settings(recipes=(recipe,)))
    with RunLog.open(directory, manifest, items) as log:
        log.append_scored(scored)
        log.append_redecode(make_redecode(items[1], Beam(width=2)))
    return read_run(directory)


@pytest.mark.parametrize("name", [MANIFEST, ITEMS, LOG])
def test_a_bit_that_turns_is_noticed_or_changes_nothing(tmp_path: Path, name: str) -> None:
    run = written_run(tmp_path / "run")
    path = tmp_path / "run" / name
    intact, rng = path.read_bytes(), random.Random(name)
    noticed = 0
    for _ in range(FLIPS):
        # Without its last byte a line is torn, which is redone.
        path.write_bytes(flipped(intact, rng, before=1))
        try:
            found = read_run(tmp_path / "run")
        except UserError as error:
            assert str(path) in error.message  # noqa: PT017  # a result is as good
            noticed += 1
        else:
            assert found == run
    assert noticed > 0.9 * FLIPS


def test_the_lines_of_another_run_are_refused_by_their_number(tmp_path: Path) -> None:
    written_run(tmp_path / "one")
    written_run(tmp_path / "other", recipe="wanda:0.5")
    log = tmp_path / "one" / LOG
    lines = log.read_bytes().splitlines(keepends=True)
    lines[2] = (tmp_path / "other" / LOG).read_bytes().splitlines(keepends=True)[2]
    log.write_bytes(b"".join(lines))
    with pytest.raises(UserError, match=r"line 3 is damaged, or belongs to another run"):
        read_run(tmp_path / "one")
    shutil.copy(tmp_path / "other" / ITEMS, tmp_path / "one" / ITEMS)
    with pytest.raises(UserError, match=r"items\.jsonl, line 1"):
        read_run(tmp_path / "one")


def test_the_log_of_a_large_run_gives_no_number_of_a_damaged_line(tmp_path: Path) -> None:
    run = written_run(tmp_path / "run")
    path = tmp_path / "run" / LOG
    intact, rng = path.read_bytes(), random.Random(1)
    damaged = 0
    for _ in range(FLIPS):
        path.write_bytes(flipped(intact, rng, before=1))
        try:
            index = index_log(path, ids=frozenset(run.scored))
        except UserError as error:
            assert str(path) in error.message  # noqa: PT017  # a result is as good
            damaged += 1
            continue
        file = LogFile(path)
        found = LoggedItems(file, index.scored)
        # What is damaged has no scores, or is left out.
        bad = [name for name in run.scored if name not in found or not found[name].scores]
        redecodes = [
            one for each in LoggedRedecodes(file, index.redecodes).values() for one in each
        ]
        damaged += bool(bad) or not redecodes
        assert all(found[name] == run.scored[name] for name in run.scored if name not in bad)
        assert redecodes in ([], list(run.redecodes))
    assert damaged > 0.9 * FLIPS


def test_what_was_tried_and_judged_is_compared_as_well(tmp_path: Path) -> None:
    run = written_run(tmp_path / "run")
    rejudge(tmp_path / "run", "exact")
    tried = Trial(
        recipe="rtn:4",
        open_right=3,
        choice_right=4,
        n=5,
        gold_log_probability=-2.5,
        achieved_sparsity=0.0,
        seconds=1.0,
    )
    RemedyLog(tmp_path / "run").append(tried)
    judged = read_judged(tmp_path / "run", "exact")
    for name in ("judged-exact.jsonl", REMEDIES):
        path = tmp_path / "run" / name
        intact, rng = path.read_bytes(), random.Random(name)
        for _ in range(FLIPS // 3):
            path.write_bytes(flipped(intact, rng, before=1))
            try:
                trials = RemedyLog(tmp_path / "run").trials
                assert read_judged(tmp_path / "run", "exact") == judged
            except UserError as error:
                assert str(path) in error.message  # noqa: PT017  # a result is as good
                assert "Remove that file" in error.hint  # noqa: PT017
            else:
                assert trials == {"rtn:4": tried}
        path.write_bytes(intact)
    assert read_run(tmp_path / "run") == run


def test_lines_that_do_not_belong_are_refused_by_their_number(tmp_path: Path) -> None:
    written_run(tmp_path / "run")
    log = tmp_path / "run" / LOG
    lines = log.read_bytes().splitlines(keepends=True)
    bare = b'{"record":"scored","scored":' + lines[1].split(b'"scored":', 1)[1]
    bare = bare[: bare.rindex(b',"crc32"')] + b"}\n"
    log.write_bytes(b"".join([lines[0], bare, *lines[2:]]))
    with pytest.raises(
        UserError, match=r"log\.jsonl, line 2 is damaged: it lacks its checksum"
    ) as it:
        read_run(tmp_path / "run")
    assert "delete that line" in it.value.hint
    log.write_bytes(b"".join([*lines[:1], *lines[2:]]))
    with RunLog.attach(tmp_path / "run") as attached:
        assert [item.id for item in attached.unscored] == ["recognition-only"]
        # A decoding of an item that the run doesn't have.
        attached.append_redecode(make_redecode(make_item("elsewhere"), Beam()))
    for read in (read_run, RunLog.attach):
        with pytest.raises(UserError, match=r"line 6 is about an item that items\.jsonl lacks"):
            read(tmp_path / "run")
    with pytest.raises(UserError, match=r"line 6 is about an item that items\.jsonl lacks"):
        index_log(log, ids=frozenset(read_item_ids(tmp_path / "run")))


def test_items_that_are_doubled_or_missing_are_refused(tmp_path: Path) -> None:
    written_run(tmp_path / "run")
    path = tmp_path / "run" / ITEMS
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, lines[1]]))
    with pytest.raises(UserError, match="line 6 is the item"):
        read_run(tmp_path / "run")
    path.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(UserError, match="has 4 items, but the run has 5"):
        read_run(tmp_path / "run")


def test_what_is_remembered_of_models_is_found_out_anew_where_it_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    known = {"one": 8, "another": 16}
    keep_remembered(path, known)
    intact = path.read_bytes()
    for place in range(8 * len(intact)):
        damaged = bytearray(intact)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        assert remembered(path, int) == {}
    path.write_bytes(intact)
    assert remembered(path, int) == known


@pytest.mark.parametrize("recipe", ["magnitude:0.5", "rtn:4"])
def test_a_damaged_variant_is_never_used(tmp_path: Path, recipe: str) -> None:
    model = tiny_model("llama").eval()
    made = compress(model, parse_recipe(recipe), torch.empty(0, 0, dtype=torch.long), Reporter())
    key = VariantKey(weights_hash="w", recipe=recipe, calibration_hash=None, dtype="float32 on cpu")
    store_variant(tmp_path, key, model, made)
    path = tmp_path / key.file_name
    intact, rng = path.read_bytes(), random.Random(recipe)
    told: list[bool] = []
    for _ in range(FLIPS):
        path.write_bytes(flipped(intact, rng))
        found = load_variant(tmp_path, key, model, lambda: told.append(True))
        if found is None:
            assert not path.exists()
        else:
            assert same(found, made)
    assert len(told) > 0.9 * FLIPS


def same(one: Compressed, other: Compressed) -> bool:
    equal = one.tensors.keys() == other.tensors.keys()
    return equal and all(tensor.equal(other.tensors[name]) for name, tensor in one.tensors.items())


def test_a_damaged_calibration_sample_is_sampled_again(tmp_path: Path) -> None:
    text = CalibrationText("auto", 4, 16, 0)
    ids = torch.arange(64).reshape(4, 16)
    path = tmp_path / "w-0-4x16.safetensors"
    write_sample(path, ids, seed=0, made_by="a test")
    intact, rng = path.read_bytes(), random.Random(0)
    for _ in range(FLIPS):
        path.write_bytes(flipped(intact, rng))
        told: list[str] = []
        found = SampleFiles(tmp_path, "w", notify=told.append).find(text)
        assert found.equal(ids) if found is not None else told


def test_weights_that_changed_in_place_are_noticed(tmp_path: Path) -> None:
    model = save_tiny_checkpoint("llama", tmp_path / "model")
    weights = model / "model.safetensors"
    cache = tmp_path / "cache"
    cache.mkdir()
    digest = weights_hash(model, cache)
    assert weights_hash(model, cache) == digest
    before = weights.stat()
    intact = weights.read_bytes()
    weights.write_bytes(intact[:-9] + bytes([intact[-9] ^ 1]) + intact[-8:])
    assert weights_hash(model, cache) != digest
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(DamagedFile, match=r"model\.safetensors") as failure:
        weights_hash(model, cache)
    assert f"touch {weights}" in failure.value.hint
    # What was converted here knows what it was, whatever the times say.
    weights.write_bytes(intact)
    write_checksums(model)
    assert weights_hash(model, cache) == digest
    weights.write_bytes(intact[:-9] + bytes([intact[-9] ^ 1]) + intact[-8:])
    with pytest.raises(DamagedFile):
        weights_hash(model, cache)


def test_an_old_run_without_checksums_still_opens(tmp_path: Path) -> None:
    old = Path(__file__).parent / "data" / "run-0.1" / "run"
    assert b"crc32" not in (old / MANIFEST).read_bytes()
    assert read_run(old).scored
    run = tmp_path / "run"
    shutil.copytree(old, run)
    items = (run / ITEMS).read_bytes()
    (run / ITEMS).write_bytes(items.replace(b"Peking", b"Pekinh"))
    with pytest.raises(UserError, match="other items than the run was begun with"):
        read_run(run)

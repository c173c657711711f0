"""Nothing is silently wrong: what is read back is what was written, or it is refused."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import msgspec
import pytest
import torch

from engine.compression.cache import VariantKey, load_variant, store_variant
from engine.compression.compress import Compressed, compress
from engine.compression.reporter import Reporter
from engine.compression.sampling import read_sample, write_sample
from engine.compression.texts import CalibrationText
from engine.methods.recipes import parse_recipe
from engine.models.weight_files import DamagedFile, weights_hash, write_checksums
from engine.records.decodings.beam import Beam
from engine.records.errors import UserError
from engine.runs.log import RunLog
from engine.runs.reading import ITEMS, LOG, MANIFEST, Run, read_run
from tests.runs_helpers import make_manifest, make_redecode, one_of_each
from tests.tiny_models import save_tiny_checkpoint, tiny_model

FLIPS = 300


def flipped(data: bytes, rng: random.Random, *, before: int = 0) -> bytes:
    """The data with one bit turned; none of the last `before` bytes."""
    place = rng.randrange(len(data) - before)
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]


def written_run(directory: Path, created: str = "2026-01-01T00:00:00Z") -> Run:
    scored = one_of_each()
    items = [one.item for one in scored]
    manifest = msgspec.structs.replace(make_manifest(items), created=created)
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
    written_run(tmp_path / "other", created="2026-01-02T00:00:00Z")
    log = tmp_path / "one" / LOG
    lines = log.read_bytes().splitlines(keepends=True)
    lines[2] = (tmp_path / "other" / LOG).read_bytes().splitlines(keepends=True)[2]
    log.write_bytes(b"".join(lines))
    with pytest.raises(UserError, match=r"line 3 is damaged, or belongs to another run"):
        read_run(tmp_path / "one")
    shutil.copy(tmp_path / "other" / ITEMS, tmp_path / "one" / ITEMS)
    with pytest.raises(UserError, match=r"items\.jsonl, line 1"):
        read_run(tmp_path / "one")


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
    path = tmp_path / "sample.safetensors"
    write_sample(path, ids, seed=0, made_by="a test")
    intact, rng = path.read_bytes(), random.Random(0)
    for _ in range(FLIPS):
        path.write_bytes(flipped(intact, rng))
        found = read_sample(path, text)
        assert found is None or found.equal(ids)


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
    with pytest.raises(DamagedFile, match=r"model\.safetensors"):
        weights_hash(model, cache)
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

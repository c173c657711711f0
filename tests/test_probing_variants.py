"""Instruments on variants of every kind: checkpoints of one's own, weights that are offloaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.probing.depth import find_depth
from engine.probing.fork import find_continuations
from engine.probing.patch import find_patched
from engine.probing.restore import find_gains
from engine.probing.slider import find_points
from engine.records.errors import UserError
from engine.records.instruments.depth import Depth
from engine.records.instruments.fork import Fork
from engine.records.instruments.instrument import Instrument
from engine.records.instruments.patch import Patch
from engine.records.instruments.restore import Restore
from engine.records.instruments.slider import Slider
from tests.probing_helpers import VARIANT, Bench
from tests.tiny_models import tiny_model

CHECKPOINT = "checkpoint:here"


def gains(bench: Bench, variant: str) -> list[float]:
    [found, _] = find_gains(bench.probing_of(variant), bench.subjects(), Restore())
    return [
        value
        for block in found.blocks
        for value in (block.gain, *(matrix.gain for matrix in block.matrices))
    ]


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_a_checkpoint_is_looked_into_as_a_recipes_variant_is(kind: str) -> None:
    bench = Bench(kind)
    bench.variants.add_model(CHECKPOINT, bench.changed_copy(bench.tensors))
    assert gains(bench, CHECKPOINT) == pytest.approx(gains(bench, VARIANT), abs=1e-5)
    ours, theirs = (
        find_depth(bench.probing_of(name), bench.subjects(), Depth())
        for name in (VARIANT, CHECKPOINT)
    )
    assert [one.compressed for one in ours] == [one.compressed for one in theirs]


def test_a_checkpoint_of_another_shape_is_refused_where_parts_are_exchanged() -> None:
    bench = Bench("llama")
    bench.variants.add_model(CHECKPOINT, tiny_model("gpt2"))
    probing = bench.probing_of(CHECKPOINT)
    with pytest.raises(UserError, match="not those of the dense model"):
        find_gains(probing, bench.subjects(), Restore())
    other = tiny_model("llama")
    other.config.hidden_size = 48
    bench.variants.add_model("checkpoint:there", other)
    with pytest.raises(UserError, match="not those of the dense model"):
        find_patched(bench.probing_of("checkpoint:there"), bench.subjects(), Patch())


@pytest.mark.parametrize("kind", ["llama", "gpt2", "bloom"])
def test_offloaded_weights_give_what_weights_in_memory_give(kind: str) -> None:
    plain, offloaded = Bench(kind), Bench(kind, offloaded=True)
    assert any(value.device.type == "meta" for value in offloaded.model.parameters())
    assert gains(offloaded, VARIANT) == pytest.approx(gains(plain, VARIANT), abs=1e-5)
    looks: tuple[tuple[Callable[..., Any], Instrument], ...] = (
        (find_depth, Depth()),
        (find_continuations, Fork()),
        (find_points, Slider(percent=40)),
        (find_patched, Patch(positions=4)),
    )
    for find, instrument in looks:
        ours, theirs = (
            find(bench.probing, bench.subjects(), instrument) for bench in (plain, offloaded)
        )
        assert ours == theirs

"""Instruments on variants of every kind: checkpoints of one's own, weights that are offloaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from engine.models.checkpoints import restore_blocks
from engine.models.structure import decoder_blocks
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
from tests.probing_helpers import VARIANT, Bench, last_logits, total_log_probability
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


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_blocks_of_a_checkpoint_are_the_dense_models_bit_for_bit(kind: str) -> None:
    """All of a block, as whoever made it may have changed norms and biases, too."""
    bench = Bench(kind)
    dense = tuple(bench.subjects()[0].whole)
    changed = bench.changed_copy(bench.tensors)
    with torch.no_grad():
        for block in decoder_blocks(changed):
            for parameter in block.module.parameters():
                parameter.add_(0.01)
    bench.variants.add_model(CHECKPOINT, changed)

    def logits(name: str) -> torch.Tensor:
        with bench.variants.using(name) as model:
            return last_logits(model, dense)

    before = logits(CHECKPOINT)
    some, everything = f"{CHECKPOINT}+keep=1", f"{CHECKPOINT}+keep=0.1.2"
    restore_blocks(bench.variants, some, CHECKPOINT, (1,))
    restore_blocks(bench.variants, everything, CHECKPOINT, (0, 1, 2))
    assert torch.equal(logits(everything), logits("dense"))
    partly = logits(some)
    assert not torch.equal(partly, before)
    assert not torch.equal(partly, logits("dense"))
    with bench.variants.using(some):
        # A question that comes meanwhile is about the whole checkpoint, or about others.
        assert torch.equal(logits(CHECKPOINT), before)
        assert torch.equal(logits(everything), logits("dense"))
        with pytest.raises(ValueError, match="in use"):
            bench.variants.remove(some)
        assert torch.equal(logits(some), partly)
    bench.variants.remove(everything)
    assert set(bench.variants.names) == {"dense", VARIANT, CHECKPOINT, some}
    assert torch.equal(logits(CHECKPOINT), before)
    # Norms and biases are restored with their block where sensitivities are measured.
    [found, _] = find_gains(bench.probing_of(CHECKPOINT), bench.subjects(), Restore(matrices=False))
    subject = bench.subjects()[0]
    with bench.variants.using(some) as model:
        after = total_log_probability(model, subject)
    assert found.compressed + found.blocks[1].gain == pytest.approx(after, abs=1e-4)


def test_blocks_of_another_shape_can_not_be_restored() -> None:
    bench = Bench("llama")
    bench.variants.add_model(CHECKPOINT, bench.cut_after(bench.model, 1))
    with pytest.raises(UserError, match="not those of the dense model"):
        restore_blocks(bench.variants, f"{CHECKPOINT}+keep=0", CHECKPOINT, (0,))
    with pytest.raises(UserError, match="not those of the dense model"):
        find_gains(bench.probing_of(CHECKPOINT), bench.subjects(), Restore())
    with pytest.raises(UserError, match="has 3 blocks"):
        restore_blocks(bench.variants, f"{CHECKPOINT}+keep=3", CHECKPOINT, (3,))


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

"""Slider and patch: any sparsity is Wanda's mask, and a model patched into itself is itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.models.structure import decoder_blocks
from engine.probing.passes import batch_of, captured, logits_of
from engine.probing.patch import find_patched, patched
from engine.probing.slider import find_points, going_at, masked, percent_of_each
from engine.records.errors import Cancelled
from engine.records.instruments.patch import Direction, Patch
from engine.records.instruments.slider import Slider
from engine.records.settings import DENSE
from tests.compression_helpers import blocks_of, calibration_ids, recorded_inputs
from tests.probing_helpers import VARIANT, Bench, last_logits


@pytest.mark.parametrize("columns", [32, 48, 100, 101, 250])
def test_a_byte_tells_from_which_sparsity_on_a_weight_is_among_the_lowest(columns: int) -> None:
    scores = torch.rand(7, columns, generator=torch.Generator().manual_seed(columns))
    found = percent_of_each(scores)
    for percent in range(91):
        gone = found <= percent if percent else torch.zeros_like(found, dtype=torch.bool)
        for row, own in zip(scores.numpy(), gone.numpy(), strict=True):
            expected = np.zeros(columns, dtype=bool)
            expected[np.argsort(row, kind="stable")[: int(columns * (percent / 100))]] = True
            assert (own == expected).all()


@pytest.mark.parametrize("kind", ["llama", "gpt2", "phi3"])
def test_the_slider_prunes_by_weight_times_norm_of_dense_inputs(kind: str) -> None:
    bench = Bench(kind)
    going = going_at(bench.model, bench.probing)
    pruned = {}
    for prefix, block in blocks_of(bench.model, kind):
        inputs = recorded_inputs(bench.model, block, calibration_ids())
        for name, module in block.named_modules():
            if name not in inputs:
                continue
            weight = module.weight
            assert isinstance(weight, torch.Tensor)
            matrix = weight.detach().T if kind == "gpt2" else weight.detach()
            scores = matrix.abs() * inputs[name].float().norm(dim=0)
            mask = torch.ones_like(matrix)
            count = int(matrix.shape[1] * 0.45)
            mask.scatter_(1, scores.argsort(1)[:, :count], 0)
            result = matrix * mask
            pruned[f"{prefix}.{name}.weight"] = result.T if kind == "gpt2" else result
    assert pruned.keys() == going.keys()
    [subject, _] = bench.subjects()
    model = bench.changed_copy(pruned)
    logits = last_logits(model, subject.before)
    [found] = find_points(bench.probing, [subject], Slider(percent=45))
    [point] = found.points
    gold = subject.gold[0]
    log_p = torch.log_softmax(logits, -1)
    assert point.rank == int((logits > logits[gold]).sum()) + 1
    assert point.probability == pytest.approx(float(log_p[gold].exp()), rel=1e-3)
    assert [token.id for token in point.top] == logits.topk(10).indices.tolist()


@pytest.mark.parametrize("kind", ["llama", "gemma2", "bloom", "qwen3_moe"])
def test_the_slider_at_zero_is_the_dense_model_bit_for_bit(kind: str) -> None:
    bench = Bench(kind)
    [subject, _] = bench.subjects()
    batch = batch_of(bench.model, [subject.before], [range(len(subject.before))])
    with torch.no_grad():
        dense = logits_of(bench.model, batch, bench.check)
        going = going_at(bench.model, bench.probing)
        with masked(bench.model, going, 0):
            assert torch.equal(logits_of(bench.model, batch, bench.check), dense)
        with masked(bench.model, going, 60):
            assert not torch.equal(logits_of(bench.model, batch, bench.check), dense)
        assert torch.equal(logits_of(bench.model, batch, bench.check), dense)


def test_a_curve_has_the_points_that_steps_have_and_bytes_are_made_once() -> None:
    bench = Bench()
    probing = bench.probing
    [curve, _] = find_points(probing, bench.subjects(), Slider())
    assert [point.percent for point in curve.points] == list(range(0, 91, 5))
    bench.told.clear()
    for point in curve.points[::6]:
        [step, _] = find_points(probing, bench.subjects(), Slider(percent=point.percent))
        assert step.points == (point,)
    assert not any("ranking" in detail for detail, _, _ in bench.told)


def test_cancelling_the_slider_leaves_the_weights_as_they_were() -> None:
    bench = Bench()
    [subject, _] = bench.subjects()
    before = last_logits(bench.model, subject.before)
    probing = bench.probing
    find_points(probing, [subject], Slider(percent=0))
    for patience in range(3):
        bench.checks, bench.patience = 0, patience
        with pytest.raises(Cancelled):
            find_points(probing, [subject], Slider(percent=50))
        assert torch.equal(last_logits(bench.model, subject.before), before)


@pytest.mark.parametrize("kind", ["llama", "gemma2", "bloom", "falcon_alibi", "gpt2", "granite"])
def test_a_model_patched_into_itself_is_itself(kind: str) -> None:
    bench = Bench(kind)
    [subject, _] = bench.subjects()
    ids = subject.before
    alone = batch_of(bench.model, [ids], [[len(ids) - 1]])
    with torch.inference_mode():
        states, logits = captured(bench.model, alone, bench.check)
        for block in range(3):
            same = patched(bench.model, ids, states, states, block, 0, bench.check)
            assert same.shape == (len(ids), logits.shape[1])
            torch.testing.assert_close(same, logits.expand_as(same), atol=1e-5, rtol=1e-5)
    [found] = find_patched(bench.probing_of(DENSE), [subject], Patch())
    assert found.own == found.other
    for row in found.log_probabilities:
        assert row == pytest.approx([found.own] * len(row), abs=1e-5)


@pytest.mark.parametrize("kind", ["llama", "bloom"])
@pytest.mark.parametrize("direction", ["suffices", "needed"])
def test_a_patch_is_a_pass_with_one_activation_exchanged(kind: str, direction: Direction) -> None:
    bench = Bench(kind)
    [subject, _] = bench.subjects()
    compressed = bench.changed_copy(bench.tensors)
    source, target = (
        (bench.model, compressed) if direction == "suffices" else (compressed, bench.model)
    )
    instrument = Patch(direction=direction, positions=5)
    [found] = find_patched(bench.probing, [subject], instrument)
    ids, gold = torch.tensor([subject.before]), subject.gold[0]
    assert len(found.tokens) == 5
    assert len(found.log_probabilities) == 3
    for block in range(3):
        given: list[torch.Tensor] = []

        def read(_: object, __: object, output: object, given: list[torch.Tensor] = given) -> None:
            given.append(output[0] if isinstance(output, tuple) else output)  # type: ignore[arg-type]

        handle = decoder_blocks(source)[block].module.register_forward_hook(read)
        with torch.inference_mode():
            source(input_ids=ids, use_cache=False)
        handle.remove()
        for place, value in enumerate(found.log_probabilities[block]):
            position = ids.shape[1] - 5 + place

            def write(
                _: object,
                __: object,
                output: object,
                position: int = position,
                put_in: torch.Tensor = given[0],
            ) -> torch.Tensor | tuple[torch.Tensor, ...]:
                hidden = output[0] if isinstance(output, tuple) else output
                assert isinstance(hidden, torch.Tensor)
                hidden = hidden.clone()
                hidden[0, position] = put_in[0, position]
                return (hidden, *output[1:]) if isinstance(output, tuple) else hidden

            handle = decoder_blocks(target)[block].module.register_forward_hook(write)
            with torch.inference_mode():
                logits = target(input_ids=ids, use_cache=False).logits[0, -1]
            handle.remove()
            assert value == pytest.approx(float(torch.log_softmax(logits, -1)[gold]), abs=1e-4)
    last = found.log_probabilities[-1]
    assert last[:-1] == pytest.approx([found.own] * 4, abs=1e-5)
    assert last[-1] == pytest.approx(found.other, abs=1e-4)
    assert found.variant == VARIANT

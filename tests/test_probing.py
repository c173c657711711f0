"""Depth, restore, fork and along: what instruments say equals what a person would compute."""

from __future__ import annotations

import pytest
import torch

from engine.models.structure import decoder_blocks
from engine.probing.along import find_steps
from engine.probing.depth import find_depth
from engine.probing.fork import find_continuations
from engine.probing.passes import batch_of, captured, logits_of, resumed_after
from engine.probing.restore import changed_parts, find_gains, restored
from engine.records.errors import Cancelled, UserError
from engine.records.instruments.along import Along
from engine.records.instruments.depth import Depth, DepthFinding, Level
from engine.records.instruments.fork import Fork
from engine.records.instruments.restore import Restore
from engine.records.settings import DENSE
from tests.probing_helpers import (
    ALL_KINDS,
    VARIANT,
    Bench,
    last_logits,
    total_log_probability,
)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_depth_is_what_a_model_says_that_is_cut_after_a_block(kind: str) -> None:
    bench = Bench(kind)
    for subject, found in zip(
        bench.subjects(), find_depth(bench.probing, bench.subjects(), Depth()), strict=True
    ):
        for levels, model in (
            (found.dense, bench.model),
            (found.compressed, bench.changed_copy(bench.tensors)),
        ):
            assert len(levels) == 3
            for block, level in enumerate(levels):
                logits = last_logits(bench.cut_after(model, block), subject.before)
                log_p = torch.log_softmax(logits.float(), -1)
                assert level.log_probability == pytest.approx(
                    float(log_p[subject.gold[0]]), abs=1e-4
                )
                assert level.rank == int((logits > logits[subject.gold[0]]).sum()) + 1


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_last_level_is_the_models_own_output(kind: str) -> None:
    bench = Bench(kind)
    [subject, _] = bench.subjects()
    [found] = find_depth(bench.probing, [subject], Depth())
    for levels, model in (
        (found.dense, bench.model),
        (found.compressed, bench.changed_copy(bench.tensors)),
    ):
        logits = last_logits(model, subject.before)
        log_p = torch.log_softmax(logits.float(), -1)
        assert levels[-1].rank == int((logits > logits[subject.gold[0]]).sum()) + 1
        assert levels[-1].log_probability == pytest.approx(float(log_p[subject.gold[0]]), abs=1e-5)


def test_the_models_part_where_they_stay_apart() -> None:
    def levels(*values: float) -> tuple[Level, ...]:
        return tuple(Level(9, value) for value in values)

    found = DepthFinding(
        item_id="x",
        variant=VARIANT,
        instrument=Depth(),
        answer="Paris",
        token=" Paris",
        dense=levels(-9, -8, -4, -1, -1),
        compressed=levels(-9, -9, -4, -3, -5),
    )
    assert found.parts_at == 3
    assert found.sinks_at == 3
    assert "part at block 3" in found.sentence


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_all_parts_restored_are_the_dense_model_and_none_the_compressed_bit_for_bit(
    kind: str,
) -> None:
    bench = Bench(kind)
    probing, subjects = bench.probing, bench.subjects()
    rows = [subject.whole for subject in subjects]
    reads = [range(len(row)) for row in rows]
    batch = batch_of(bench.model, rows, reads)
    with torch.inference_mode():
        dense = logits_of(bench.model, batch, bench.check)
    weights = bench.variants.own_weights(list(bench.tensors))
    with bench.variants.using(VARIANT) as model:
        with torch.inference_mode():
            states, compressed = captured(model, batch, bench.check)
            again = logits_of(model, batch, bench.check)
        parts = changed_parts(probing, model, weights)
        everything = [name for names in parts for name in names]

        def with_parts(names: list[str]) -> torch.Tensor:
            return restored(model, batch, states, parts, weights, names, bench.check)

        assert torch.equal(compressed, again)
        assert torch.equal(with_parts(everything), dense)
        assert torch.equal(with_parts([]), compressed)
        assert not torch.equal(with_parts(parts[1]), compressed)
        with torch.inference_mode():
            assert torch.equal(logits_of(model, batch, bench.check), compressed)
    with torch.inference_mode():
        assert torch.equal(logits_of(bench.model, batch, bench.check), dense)
    assert sum(map(len, parts)) == len(bench.tensors)


@pytest.mark.parametrize("kind", ["llama", "gemma2", "bloom", "qwen3_moe"])
def test_a_pass_from_between_two_blocks_is_the_whole_pass_bit_for_bit(kind: str) -> None:
    bench = Bench(kind)
    rows = [subject.whole for subject in bench.subjects()]
    batch = batch_of(bench.model, rows, [range(len(row)) for row in rows])
    with torch.inference_mode():
        states, whole = captured(bench.model, batch, bench.check)
        for blocks in range(4):
            resumed = resumed_after(states, blocks)
            assert torch.equal(logits_of(bench.model, batch, bench.check, resumed), whole)


@pytest.mark.parametrize("kind", ["llama", "gpt2", "opt", "falcon_alibi", "qwen3_moe", "granite"])
def test_gains_are_those_of_a_model_with_one_part_dense(kind: str) -> None:
    bench = Bench(kind)
    subjects = bench.subjects()
    compressed = bench.changed_copy(bench.tensors)
    for subject, found in zip(
        subjects, find_gains(bench.probing, subjects, Restore()), strict=True
    ):
        before = total_log_probability(compressed, subject)
        assert found.compressed == pytest.approx(before, abs=1e-4)
        assert found.dense == pytest.approx(total_log_probability(bench.model, subject), abs=1e-4)
        for block, gain in zip(decoder_blocks(bench.model), found.blocks, strict=True):
            inside = {name for name in bench.tensors if name.startswith(f"{block.name}.")}
            others = {name: bench.tensors[name] for name in bench.tensors.keys() - inside}
            after = total_log_probability(bench.changed_copy(others), subject)
            assert gain.gain == pytest.approx(after - before, abs=2e-4)
            assert len(gain.matrices) == len(inside)
            matrix = gain.matrices[-1]
            [name] = [name for name in inside if f".{matrix.name}" in name]
            others = {other: bench.tensors[other] for other in bench.tensors if other != name}
            after = total_log_probability(bench.changed_copy(others), subject)
            assert matrix.gain == pytest.approx(after - before, abs=2e-4)


def test_blocks_alone_are_restored_where_matrices_are_not_asked_for() -> None:
    bench = Bench()
    [found, _] = find_gains(bench.probing, bench.subjects(), Restore(matrices=False))
    assert [block.matrices for block in found.blocks] == [(), (), ()]
    shares = [share for _, share, _ in bench.told]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_cancelling_between_blocks_leaves_the_weights_as_they_were() -> None:
    bench = Bench()
    [subject, _] = bench.subjects()
    before = last_logits(bench.model, subject.before)
    for patience in range(0, 60, 7):
        bench.checks, bench.patience = 0, patience
        with pytest.raises(Cancelled):
            find_gains(bench.probing, bench.subjects(), Restore())
        bench.patience = None
        assert torch.equal(last_logits(bench.model, subject.before), before)


@pytest.mark.parametrize("kind", ["llama", "gemma3", "bloom", "falcon_alibi"])
@pytest.mark.parametrize("variant", [DENSE, VARIANT])
def test_a_fork_goes_on_as_the_model_does_after_the_forced_token(kind: str, variant: str) -> None:
    bench = Bench(kind)
    model = bench.model if variant == DENSE else bench.changed_copy(bench.tensors)
    found = find_continuations(bench.probing_of(variant), bench.subjects(), Fork())
    for subject, fork in zip(bench.subjects(), found, strict=True):
        ids = [subject.gold[0]]
        while len(ids) < bench.settings.answer_tokens:
            best = int(last_logits(model, (*subject.before, *ids)).argmax())
            if best == bench.tokenizer.eos_token_id:
                break
            ids.append(best)
        text = str(bench.tokenizer.decode(ids, skip_special_tokens=True)).strip()
        assert fork.text == text
        assert fork.tokens == len(ids)
        assert fork.gold_tokens == len(subject.gold)
        assert fork.completes == (subject.item.gold in text)


def test_a_fork_at_a_later_position_keeps_what_comes_before() -> None:
    bench = Bench()
    plain = find_steps(bench.probing, bench.subjects(), Along())
    fork = Fork(of="dense", position=2, text=" is")
    for along, found in zip(
        plain, find_continuations(bench.probing, bench.subjects(), fork), strict=True
    ):
        kept = [step.token.id for step in along.dense.steps[:2]]
        assert found.kept == bench.tokenizer.decode(kept, skip_special_tokens=True)
        assert "".join(found.forced) == " is"
    with pytest.raises(UserError, match="has 5 tokens"):
        find_continuations(bench.probing, bench.subjects(), Fork(position=6))


@pytest.mark.parametrize("kind", ["llama", "gemma2", "falcon_alibi"])
def test_along_an_answer_stand_the_golds_ranks(kind: str) -> None:
    bench = Bench(kind)
    compressed = bench.changed_copy(bench.tensors)
    for subject, found in zip(
        bench.subjects(), find_steps(bench.probing, bench.subjects(), Along()), strict=True
    ):
        walked = []
        for model, path in ((bench.model, found.dense), (compressed, found.compressed)):
            ids: list[int] = []
            for step in path.steps:
                logits = last_logits(model, (*subject.before, *ids))
                log_p = torch.log_softmax(logits, -1)
                gold = subject.gold[0]
                assert step.gold_rank == int((logits > logits[gold]).sum()) + 1
                assert step.gold_probability == pytest.approx(float(log_p[gold].exp()), rel=1e-3)
                assert step.token.id == int(logits.argmax())
                assert step.token.rank == 1
                ids.append(step.token.id)
            walked.append(ids)
        dense, pruned = walked
        apart = [place for place, (a, b) in enumerate(zip(dense, pruned, strict=False)) if a != b]
        assert found.parts_at == (apart[0] if apart else None)
        if found.parts_at is not None:
            for model, top in ((bench.model, found.dense_top), (compressed, found.compressed_top)):
                logits = last_logits(model, (*subject.before, *dense[: found.parts_at]))
                assert [token.id for token in top] == logits.topk(10).indices.tolist()

"""Gold sensitivity, against a restatement with whole copies of the model."""

from __future__ import annotations

import copy

import msgspec
import pytest
import torch

from engine.compression.reporter import Reporter
from engine.items.reading import read_items
from engine.probing.sensitivity import gold_sensitivities
from engine.records.settings import Settings
from engine.scoring.prepared import prepare_item
from tests.compression_helpers import blocks_of, calibration_ids, quietly
from tests.tiny_models import tiny_model, tiny_tokenizer


@pytest.mark.parametrize(("kind", "packed"), [("llama", True), ("gpt2", True), ("bloom", False)])
def test_a_blocks_gain_is_that_of_a_copy_with_the_block_dense(kind: str, packed: bool) -> None:
    model, tokenizer = tiny_model(kind), tiny_tokenizer()
    items = read_items("capitals", languages=("en",), limit=3).items
    prepared = [prepare_item(item, tokenizer, Settings(prompt="question")) for item in items]
    prompts = [
        msgspec.structs.replace(one.open, continuations=(one.open.continuations[one.answers[0]],))
        for one in prepared
    ]
    compressed = quietly(model, "magnitude:0.6", calibration_ids())

    def log_likelihood(dense_block: str | None) -> float:
        other = copy.deepcopy(model)
        parameters = dict(other.named_parameters())
        total = 0.0
        with torch.no_grad():
            for name, tensor in compressed.tensors.items():
                if dense_block is None or not name.startswith(f"{dense_block}."):
                    parameters[name].copy_(tensor)
            for prompt in prompts:
                [one] = prompt.continuations
                logits = other(torch.tensor([one.whole]), use_cache=False).logits[0].double()
                for place in range(one.start, len(one.whole)):
                    total += float(logits[place - 1].log_softmax(-1)[one.whole[place]])
        return total / len(prompts)

    before = log_likelihood(None)
    expected = [log_likelihood(name) - before for name, _ in blocks_of(model, kind)]
    found = gold_sensitivities(
        model, tokenizer, compressed.tensors, prompts, Reporter(), packed=packed
    )
    assert found == pytest.approx(expected, abs=1e-4)
    assert any(abs(gain) > 1e-3 for gain in found)

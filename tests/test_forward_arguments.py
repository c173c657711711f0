"""The model is called as its version of transformers wants it, without a warning."""

from __future__ import annotations

import warnings

import pytest
from torch import Tensor
from transformers import PreTrainedModel
from transformers.cache_utils import Cache

from engine.compression.reporter import Reporter
from engine.compression.sampling import sample_sequences
from engine.compression.texts import CalibrationText
from engine.models.forward_arguments import accepted_arguments, cache_argument
from engine.scoring.forward import extend, prefill
from tests.tiny_models import KINDS, tiny_model, tiny_tokenizer


@pytest.mark.parametrize("kind", KINDS)
def test_a_forward_pass_with_a_cache_warns_of_nothing(kind: str) -> None:
    model, tokenizer = tiny_model(kind), tiny_tokenizer()
    text = CalibrationText("auto", sequences=1, tokens=3, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extend(model, prefill(model, [[5, 6, 7]]), [[8]])
        sample_sequences(model, tokenizer, text, Reporter())


@pytest.mark.parametrize("name", ["cache", "past_key_values"])
def test_the_cache_goes_by_the_name_that_the_model_declares(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def old(input_ids: Tensor, past_key_values: Cache) -> None: ...
    def new(input_ids: Tensor, cache: Cache) -> None: ...

    model: PreTrainedModel = tiny_model("llama")
    monkeypatch.setattr(model, "forward", new if name == "cache" else old)
    assert cache_argument(model) == name
    assert accepted_arguments(model) == {"input_ids", name}

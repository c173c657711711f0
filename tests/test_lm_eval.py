"""Option log-likelihoods against lm-evaluation-harness' `hf` backend, where that is installed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from engine.items.reading import read_items
from engine.models.variants import Variants
from engine.records.settings import Settings
from engine.scoring.items import score_batch
from engine.scoring.prepared import prepare_item

pytest.importorskip("lm_eval")


def test_log_likelihoods_and_verdicts_equal_those_of_the_harness(embedded: Path) -> None:
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    tokenizer = AutoTokenizer.from_pretrained(embedded)
    model = AutoModelForCausalLM.from_pretrained(embedded, dtype=torch.float32).eval()
    settings = Settings(recipes=(), shown_candidates=False, answer_tokens=0)
    items = [
        item
        for language in ("en", "es", "zh", "ar")
        for item in read_items("capitals", languages=(language,), limit=6).items
    ]
    batch = [prepare_item(item, tokenizer, settings) for item in items]
    ours = score_batch(
        Variants(model, 2**40), tokenizer, batch, settings, lambda: None, packed=True
    )

    harness = HFLM(pretrained=model, tokenizer=tokenizer, backend="causal", batch_size=8)
    requests: list[Instance] = []
    for prepared, one in zip(batch, ours, strict=True):
        separator = prepared.open.prompt.separator
        for option in one.item.options:
            arguments = (one.prompt, f"{separator}{option}")
            requests.append(Instance("loglikelihood", {}, arguments, len(requests)))
    theirs = iter(harness.loglikelihood(requests, disable_tqdm=True))
    for one in ours:
        choice = one.scores["dense"].choice
        assert choice is not None
        literal = [next(theirs)[0] for _ in choice.options]
        for scored, value in zip(choice.options, literal, strict=True):
            assert scored.log_likelihood == pytest.approx(value, abs=1e-3)
        assert choice.chosen() == literal.index(max(literal))

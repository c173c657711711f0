"""What compression costs beside plain forward passes over the same calibration tokens.

    python -m tests.bench_compression [--model DIRECTORY] [--json FILE] [--short]

Pruning block by block can't be cheaper than two forward passes: one to see what enters a block's
layers, one through the pruned block. Printed are the ratios to two plain passes of the whole
model, head included, measured alternately in one process.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from transformers import LlamaConfig, PreTrainedModel
from transformers.models.auto.modeling_auto import AutoModelForCausalLM

from engine.compression.compress import compress
from engine.compression.reporter import Reporter
from engine.compression.walk import TOKENS_PER_BATCH
from engine.methods.recipes import parse_recipe
from engine.models.devices import DTYPES, synchronize
from engine.models.embedded import embedded_model
from engine.models.paths import cache_directory
from tests.bench_figures import Table, parser

GOALS = {"wanda:0.5": 1.2, "sparsegpt:0.5": 2.5}

RANDOM_MODEL = LlamaConfig(
    vocab_size=512,
    hidden_size=256,
    intermediate_size=512,
    num_hidden_layers=2,
    num_attention_heads=4,
)
"""A small Llama, wide enough that every kernel goes more than one round."""


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
    """Print a table of the ratios."""
    arguments = parser("bench_compression")
    arguments.add_argument("--model", type=Path, help="checkpoint directory; else the embedded one")
    arguments.add_argument("--device", default="cpu")
    arguments.add_argument("--dtype", action="append", choices=sorted(DTYPES))
    arguments.add_argument("--recipe", action="append", help="instead of those with a goal")
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("--sequences", type=int, default=16)
    arguments.add_argument("--tokens", type=int, default=512)
    options = arguments.parse_args()
    if options.short:
        options.repeats, options.sequences, options.tokens = 1, 2, 64
    table = Table()
    for dtype in options.dtype or ["bfloat16", "float32"]:
        if options.short:
            model = AutoModelForCausalLM.from_config(RANDOM_MODEL, dtype=DTYPES[dtype])
        else:
            directory = options.model or embedded_model(cache_directory(), _untold, lambda: None)
            model = AutoModelForCausalLM.from_pretrained(directory, dtype=DTYPES[dtype])
        model.eval().to(options.device)
        generator = torch.Generator().manual_seed(0)
        shape = (options.sequences, options.tokens)
        sequences = torch.randint(0, model.config.vocab_size, shape, generator=generator)
        forward(model, sequences)
        for recipe in options.recipe or GOALS:
            ratios = ratio(model, recipe, sequences, options.repeats)
            table.add(f"{recipe} {dtype}", ratios, at_most=GOALS.get(recipe))
    table.write(options.json)


def _untold(*_: object) -> None:
    """How far the model has come is not told."""


if __name__ == "__main__":
    main()

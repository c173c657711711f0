"""Calibration text sampled from the model itself, and the files that keep such samples.

It needs no network, fits every language that the model speaks, and keeps a small model's answers
better than text from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.cache_utils import DynamicCache

from engine.compression.reporter import Reporter
from engine.compression.texts import CalibrationText
from engine.files import written_atomically
from engine.models.forward_arguments import cache_argument
from engine.models.tokens import end_tokens, start_token
from engine.models.weights import computing_device


@dataclass(frozen=True)
class SampleFiles:
    """Where samples from one model are found again.

    Attributes:
        directory: that keeps them.
        weights_hash: names the model there; nothing is kept without it.
        shipped: name of a sample in the package that was made from this very model.
    """

    directory: Path
    weights_hash: str | None
    shipped: str | None = None

    def find(self, text: CalibrationText) -> Tensor | None:
        """The sample of this size and seed; None where there is none."""
        ids = None
        if self.shipped is not None:
            with as_file(files("samples") / "calibration" / self.shipped) as path:
                ids = read_sample(path, text)
        if ids is None and self.weights_hash is not None:
            ids = read_sample(self._path(text), text)
        return ids

    def keep(self, text: CalibrationText, ids: Tensor) -> None:
        """Keep a sample, where the model has a hash."""
        if self.weights_hash is not None:
            made_by = f"sampled from {self.weights_hash}"
            write_sample(self._path(text), ids, seed=text.seed, made_by=made_by)

    def _path(self, text: CalibrationText) -> Path:
        size = f"{text.sequences}x{text.tokens}"
        return self.directory / f"{self.weights_hash}-{text.seed}-{size}.safetensors"


@torch.no_grad()
def sample_sequences(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    text: CalibrationText,
    reporter: Reporter,
) -> Tensor:
    """Sample text from a model at temperature 1, without top-k or top-p: `(sequences, tokens)`.

    Every sequence begins with the tokenizer's start token. Where a sequence ends, the next token
    is the start token again, and the sequence goes on. Random numbers are drawn on the CPU in
    float32.
    """
    start = start_token(tokenizer)
    ends = torch.tensor(sorted(end_tokens(model, tokenizer)), dtype=torch.int64)
    generator = torch.Generator().manual_seed(text.seed)
    device = computing_device(model.get_input_embeddings())
    ids = torch.full((text.sequences, text.tokens), start, dtype=torch.int64)
    kept = DynamicCache()
    for position in range(1, text.tokens):
        reporter.check()
        reporter.progress("sampling calibration text from the model", position, text.tokens)
        last = ids[:, position - 1]
        inputs = {"input_ids": last.unsqueeze(1).to(device), cache_argument(model): kept}
        logits = model(**inputs, use_cache=True).logits
        probabilities = logits[:, -1].float().softmax(-1).cpu()
        drawn = torch.multinomial(probabilities, 1, generator=generator).squeeze(1)
        ids[:, position] = torch.where(torch.isin(last, ends), start, drawn)
    return ids


def read_sample(path: Path, text: CalibrationText) -> Tensor | None:
    """A kept sample; None where there is none, or it is of another size or seed."""
    if not path.is_file():
        return None
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        ids: Tensor = file.get_tensor("ids").to(torch.int64)
    same_size = tuple(ids.shape) == (text.sequences, text.tokens)
    return ids if same_size and metadata.get("seed") == str(text.seed) else None


def write_sample(path: Path, ids: Tensor, *, seed: int, made_by: str) -> None:
    """Keep sampled ids as safetensors, with how they were made in the file's header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"seed": str(seed), "made_by": made_by}
    with written_atomically(path) as scratch:
        save_file({"ids": ids.to(torch.int32).contiguous()}, scratch, metadata=metadata)

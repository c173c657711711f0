"""Calibration text sampled from the model itself, and the files that keep such samples.

It needs no network, fits every language that the model speaks, and keeps a small model's answers
better than text from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.cache_utils import DynamicCache

from engine.compression.checksums import checksum
from engine.compression.reporter import Reporter
from engine.compression.texts import AUTO, CalibrationText
from engine.files import written_atomically
from engine.models.forward_arguments import cache_argument
from engine.models.tokens import end_tokens, start_token
from engine.models.weights import computing_device
from engine.models.writing import system_errors
from engine.records.errors import UserError
from engine.system_errors import refusal

_CHECKSUM = "crc32"


@dataclass(frozen=True)
class SampleFiles:
    """Where samples from one model are found again.

    Attributes:
        directory: that keeps them.
        weights_hash: names the model there; nothing is kept without it.
        shipped: name of a sample in the package that was made from this very model.
        notify: told of a sample that is damaged and made again, or that can't be kept.
    """

    directory: Path
    weights_hash: str | None
    shipped: str | None = None
    notify: Callable[[str], None] = lambda text: None

    def find(self, text: CalibrationText) -> Tensor | None:
        """The sample of this source, size and seed; None where there is none."""
        ids = None
        if self.shipped is not None and text.source == AUTO:
            with as_file(files("samples") / "calibration" / self.shipped) as path:
                ids = self._read(path, text)
        if ids is None and self.weights_hash is not None:
            ids = self._read(self._path(text), text)
        return ids

    def _read(self, path: Path, text: CalibrationText) -> Tensor | None:
        try:
            return read_sample(path, text)
        except ValueError as error:
            self.notify(f"the kept calibration text {path.name} is made again: {error}")
            return None

    def keep(self, text: CalibrationText, ids: Tensor) -> None:
        """Keep a sample, where the model has a hash; where the disk refuses, that is told."""
        if self.weights_hash is not None:
            made_by = f"sampled from {self.weights_hash}"
            try:
                write_sample(self._path(text), ids, seed=text.seed, made_by=made_by)
            except OSError as error:
                why = refusal(error)
                self.notify(f"the calibration text is not kept for the next time: {why}")

    def _path(self, text: CalibrationText) -> Path:
        size = f"{text.sequences}x{text.tokens}"
        kind = "" if text.source == AUTO else f"-{text.source}"
        return self.directory / f"{self.weights_hash}{kind}-{text.seed}-{size}.safetensors"


@torch.no_grad()
def sample_sequences(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    text: CalibrationText,
    reporter: Reporter,
) -> Tensor:
    """Sample text from a model at temperature 1, without top-k or top-p: `(sequences, tokens)`.

    From the source "auto" every sequence begins with the tokenizer's start token, and where it
    ends, the next token is the start token again. From "chat" it begins with a user's turn of the
    chat template that is still empty, and where a turn ends, the model goes on by itself. Random
    numbers are drawn on the CPU in float32.

    Raises:
        UserError: "chat", and the tokenizer has no chat template.
    """
    start = start_token(tokenizer)
    begun = [start] if text.source == AUTO else begun_chat(tokenizer)[: text.tokens]
    # A chat's turns end with end tokens, too.
    restarting = sorted(end_tokens(model, tokenizer)) if text.source == AUTO else []
    ends = torch.tensor(restarting, dtype=torch.int64)
    generator = torch.Generator().manual_seed(text.seed)
    device = computing_device(model.get_input_embeddings())
    ids = torch.full((text.sequences, text.tokens), start, dtype=torch.int64)
    ids[:, : len(begun)] = torch.tensor(begun)
    kept = DynamicCache()
    new = ids[:, : len(begun)]
    for position in range(len(begun), text.tokens):
        reporter.check()
        reporter.pause()
        reporter.progress("sampling calibration text from the model", position, text.tokens)
        inputs = {"input_ids": new.to(device), cache_argument(model): kept}
        logits = model(**inputs, use_cache=True).logits
        probabilities = logits[:, -1].float().softmax(-1).cpu()
        drawn = torch.multinomial(probabilities, 1, generator=generator).squeeze(1)
        ids[:, position] = torch.where(torch.isin(new[:, -1], ends), start, drawn)
        new = ids[:, position : position + 1]
    return ids


def begun_chat(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The token ids of the chat template up to where the user's first words stand.

    Raises:
        UserError: the tokenizer has no chat template, or it shows no such place.
    """
    mark = "⁂"
    if tokenizer.chat_template is None:
        raise UserError(
            "the calibration text 'chat' is sampled from the model's chat template, "
            "and this model has none",
            "Use --calibration auto.",
        )
    messages = [{"role": "user", "content": mark}]
    whole = str(tokenizer.apply_chat_template(messages, tokenize=False))
    before, found, _ = whole.partition(mark)
    if not found or not before:
        raise UserError(
            "the calibration text 'chat' can't be sampled: "
            "this model's chat template doesn't show where the user's words begin",
            "Use --calibration auto.",
        )
    ids: list[int] = tokenizer(before, add_special_tokens=False)["input_ids"]
    return ids


def read_sample(path: Path, text: CalibrationText) -> Tensor | None:
    """A kept sample; None where there is none, or it is of another size or seed.

    Raises:
        ValueError: it is not what was written.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            stored: Tensor = file.get_tensor("ids")
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    if metadata.get(_CHECKSUM) != checksum({"ids": stored}, _told(metadata)):
        raise ValueError("it is not what its checksum was made of")
    same_size = tuple(stored.shape) == (text.sequences, text.tokens)
    same = same_size and metadata.get("seed") == str(text.seed)
    return stored.to(torch.int64) if same else None


def write_sample(path: Path, ids: Tensor, *, seed: int, made_by: str) -> None:
    """Keep sampled ids as safetensors, with how they were made in the file's header.

    Raises:
        OSError: the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"seed": str(seed), "made_by": made_by}
    tensors = {"ids": ids.to(torch.int32).contiguous()}
    metadata[_CHECKSUM] = checksum(tensors, _told(metadata))
    with system_errors(), written_atomically(path) as scratch:
        save_file(tensors, scratch, metadata=metadata)


def _told(metadata: Mapping[str, str]) -> str:
    return f"{metadata.get('seed')} {metadata.get('made_by')}"

"""Calibration text as token ids, and the command that makes the sample that is shipped."""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.compression.reporter import Reporter
from engine.compression.sampling import SampleFiles, sample_sequences, write_sample
from engine.compression.texts import SAMPLED, SOLVED, CalibrationText, parts_of, read_text
from engine.records.errors import UserError
from engine.records.manifest import CalibrationRecord

Solved = Callable[[], Sequence[tuple[int, ...]]]
"""The prompts of items with their gold answers, as token ids; raises `UserError` where there are no
items."""


def calibration_sequences(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    text: CalibrationText,
    samples: SampleFiles,
    reporter: Reporter,
    *,
    solved: Solved = tuple,
) -> tuple[Tensor, CalibrationRecord]:
    """The calibration token ids, `(sequences, tokens)`, and their record.

    `solved` gives what the source "items" is made of.

    Raises:
        UserError: the text is too short, can't be read or can't be fetched.
        engine.records.errors.Cancelled: from the reporter's `check`.
    """
    found = []
    for part in parts_of(text):
        if part.source in SAMPLED:
            # A part is the beginning of what the source gives alone, which may be kept already.
            whole = replace(part, sequences=text.sequences)
            found.append(_sampled(model, tokenizer, whole, samples, reporter)[: part.sequences])
        elif part.source == SOLVED:
            found.append(solved_sequences(solved(), part))
        else:
            found.append(read_text(part, tokenizer, reporter))
    ids = torch.cat(found)
    return ids, CalibrationRecord(
        source=text.source,
        hash=hashlib.sha256(ids.contiguous().numpy().tobytes()).hexdigest(),
        seed=text.seed,
        sequences=text.sequences,
        tokens=text.tokens,
    )


def solved_sequences(solved: Sequence[tuple[int, ...]], text: CalibrationText) -> Tensor:
    """Solved items one after another, `(sequences, tokens)`: all of them in one random order, then
    in another one, until there are enough.

    Raises:
        UserError: there are none.
    """
    if not solved:
        raise UserError(
            f"the calibration text {text.source} is made of solved items, and there are none",
            "Use --calibration auto.",
        )
    order = random.Random(text.seed)
    needed = text.sequences * text.tokens
    ids: list[int] = []
    while len(ids) < needed:
        for item in order.sample(solved, len(solved)):
            ids += item
    return torch.tensor(ids[:needed], dtype=torch.int64).view(text.sequences, text.tokens)


def _sampled(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    text: CalibrationText,
    samples: SampleFiles,
    reporter: Reporter,
) -> Tensor:
    ids = samples.find(text)
    if ids is None:
        ids = sample_sequences(model, tokenizer, text, reporter)
        samples.keep(text, ids)
    return ids


def main() -> None:
    """Sample calibration text from a checkpoint directory and keep it in a file."""
    from transformers.models.auto.modeling_auto import AutoModelForCausalLM
    from transformers.models.auto.tokenization_auto import AutoTokenizer

    parser = argparse.ArgumentParser(prog="python -m engine.compression.calibration")
    parser.add_argument("--model", required=True, help="checkpoint directory")
    parser.add_argument("--out", type=Path, required=True, help="file to write (.safetensors)")
    parser.add_argument("--sequences", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    model = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    text = CalibrationText("auto", arguments.sequences, arguments.tokens, arguments.seed)
    reporter = Reporter(
        progress=lambda detail, done, total: print(
            f"\r{detail}: {done} of {total}", end="", file=sys.stderr
        )
    )
    ids = sample_sequences(model, tokenizer, text, reporter)
    made_by = (
        "python -m engine.compression.calibration --model DIRECTORY "
        f"--sequences {text.sequences} --tokens {text.tokens} --seed {text.seed} "
        f"--out {arguments.out.name}"
    )
    write_sample(arguments.out, ids, seed=text.seed, made_by=made_by)


if __name__ == "__main__":
    main()

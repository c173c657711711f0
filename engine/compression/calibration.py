"""Calibration text as token ids, and the command that makes the sample that is shipped."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.compression.reporter import Reporter
from engine.compression.sampling import SampleFiles, sample_sequences, write_sample
from engine.compression.texts import CalibrationText, read_text
from engine.records.manifest import CalibrationRecord


def calibration_sequences(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    text: CalibrationText,
    samples: SampleFiles,
    reporter: Reporter,
) -> tuple[Tensor, CalibrationRecord]:
    """The calibration token ids, `(sequences, tokens)`, and their record.

    Raises:
        UserError: the text is too short, can't be read or can't be fetched.
        engine.records.errors.Cancelled: from the reporter's `check`.
    """
    if text.source == "auto":
        ids = samples.find(text)
        if ids is None:
            ids = sample_sequences(model, tokenizer, text, reporter)
            samples.keep(text, ids)
    else:
        ids = read_text(text, tokenizer, reporter)
    return ids, CalibrationRecord(
        source=text.source,
        hash=hashlib.sha256(ids.contiguous().numpy().tobytes()).hexdigest(),
        seed=text.seed,
        sequences=text.sequences,
        tokens=text.tokens,
    )


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

"""Perplexity of a model under each recipe, as a Markdown table.

    python -m tests.bench_perplexity --text FILE [--model DIRECTORY]

WikiText's tokenised form is turned back into prose first (`detokenised`); then it is cut into
windows and scored as `engine.scoring.perplexity` says.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

from transformers.models.auto.modeling_auto import AutoModelForCausalLM
from transformers.models.auto.tokenization_auto import AutoTokenizer

from engine.compression.calibration import calibration_sequences
from engine.compression.compress import compress
from engine.compression.reporter import Reporter
from engine.compression.sampling import SampleFiles
from engine.compression.texts import CalibrationText
from engine.inspection.calibrating import SHIPPED
from engine.methods.amounts import Bits
from engine.methods.modifiers import MODIFIERS
from engine.methods.recipes import parse_recipe
from engine.methods.registry import methods, pruning_methods
from engine.models.devices import DTYPES
from engine.models.embedded import embedded_model
from engine.models.paths import cache_directory
from engine.models.weights import exchanged_weights
from engine.scoring.perplexity import perplexity, windows_of


def usual_recipes() -> list[str]:
    """Every method that prunes at 50 % or quantizes to 4 bits, and Wanda with every modifier."""
    pruning = [f"{name}:0.5" for name in pruning_methods()]
    every = (one for one in MODIFIERS.values() if not (one.for_rows or one.for_biases))
    modified = [f"wanda:0.5+{one.name}" for one in every]
    quantizing = [f"{name}:4:64" for name, method in methods().items() if Bits in method.takes]
    return [*pruning, *modified, *quantizing]


def detokenised(text: str) -> str:
    """WikiText's tokenised form as prose.

    Separators inside numbers and words (" @-@ ") are closed up, spaces before punctuation and
    inside brackets and quotation marks go, and headings lose the space around their marks. What
    was not in the vocabulary stays "<unk>".
    """
    text = re.sub(r" @([-,.])@ ", r"\1", text)
    text = re.sub(r" ([.,;:!?%)\]}'])", r"\1", text)
    text = re.sub(r"([(\[{$£#]) ", r"\1", text)
    text = re.sub(r'" ([^"\n]*?) "', r'"\1"', text)
    text = re.sub(r" (n't|'s|'re|'ve|'d|'ll|'m)\b", r"\1", text)
    text = re.sub(r"^ (=+) (.*?) (=+) $", r"\1 \2 \3", text, flags=re.MULTILINE)
    return re.sub(r"^ ", "", text, flags=re.MULTILINE)


def main() -> None:
    """Print a Markdown table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_perplexity")
    parser.add_argument("--model", type=Path, help="checkpoint directory; else the embedded model")
    parser.add_argument("--text", type=Path, required=True, help="WikiText in tokenised form")
    parser.add_argument("--calibration", default="auto", help="auto, or a text file")
    parser.add_argument("--sequences", type=int, default=16)
    parser.add_argument("--windows", type=int, help="only the first so many")
    parser.add_argument("--recipe", action="append", help="instead of the usual ones")
    parser.add_argument("--dtype", default="bfloat16", choices=sorted(DTYPES))
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    directory = options.model or embedded_model(cache_directory(), print, lambda: None)
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=DTYPES[options.dtype])
    model.eval().to(options.device)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    text = detokenised(options.text.read_text(encoding="utf-8"))
    windows = windows_of(text, tokenizer)[: options.windows]
    shipped = None if options.model else SHIPPED[directory.name]
    sequences, record = calibration_sequences(
        model,
        tokenizer,
        CalibrationText(options.calibration, options.sequences, 512, seed=0),
        SampleFiles(Path("bench-calibration"), None, shipped),
        Reporter(),
    )
    print(
        f"{len(windows)} windows of 512 tokens, {options.dtype}, calibration {record.source}: "
        f"{record.sequences} × {record.tokens} tokens\n"
    )
    print("| recipe | perplexity | zeros | seconds to make |")
    print("| --- | --- | --- | --- |")
    print(f"| dense | {perplexity(model, windows):.2f} | 0.0 % | |", flush=True)
    for written in options.recipe or usual_recipes():
        start = time.perf_counter()
        made = compress(model, parse_recipe(written), sequences, Reporter())
        seconds = time.perf_counter() - start
        weights = sum(block.weights for block in made.blocks)
        zeros = sum(block.zeros for block in made.blocks) / weights
        with exchanged_weights(model, made.tensors):
            value = perplexity(model, windows)
        print(f"| {written} | {value:.2f} | {zeros:.1%} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()

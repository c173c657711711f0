"""Which calibration text; and text that is read, from a file or from a data set on the Hub."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from engine.compression.reporter import Reporter
from engine.hub_errors import HUB_FAILURES, HubRepository, dataset_error
from engine.records.errors import UserError
from engine.user_files import has_file, read_file

HUB_TEXTS = {
    "c4": ("allenai/c4", "en", "train", "text"),
    "wikitext": ("Salesforce/wikitext", "wikitext-2-raw-v1", "train", "text"),
}
"""Data set, configuration, split and column of the sources on the Hugging Face Hub."""


AUTO, CHAT, SOLVED = "auto", "chat", "items"
"""Text that the model writes by itself, that it writes in its chat template, and the prompts of
items with their gold answers."""

SAMPLED = (AUTO, CHAT)
"""What is sampled from the model."""


@dataclass(frozen=True)
class CalibrationText:
    """Which text, and how much of it.

    Attributes:
        source: one of `SAMPLED`, `SOLVED`, a name in `HUB_TEXTS`, or a UTF-8 text file; or several
            of them, joined by "+".
        sequences: how many.
        tokens: in each of them.
        seed: of the sampling, or of the choice of windows.
    """

    source: str
    sequences: int
    tokens: int
    seed: int


def parts_of(text: CalibrationText) -> list[CalibrationText]:
    """The sources of a text, each with its share of the sequences: as many as the others, or one
    more where it comes before them.

    Raises:
        UserError: there are more sources than sequences, or one is empty or named twice.
    """
    # A file's name may hold a plus.
    sources = [text.source] if has_file(Path(text.source)) else text.source.split("+")
    if len(set(sources)) < len(sources) or not all(sources):
        raise UserError(
            f"the calibration text {text.source} names a source twice, or none",
            f"Join different sources by a plus: {AUTO}+{SOLVED}.",
        )
    if len(sources) > text.sequences:
        raise UserError(
            f"the calibration text {text.source} has {len(sources)} sources for "
            f"{text.sequences} sequences",
            "Give more --calibration-sequences.",
        )
    share, more = divmod(text.sequences, len(sources))
    return [
        replace(text, source=source, sequences=share + (number < more))
        for number, source in enumerate(sources)
    ]


def read_text(
    text: CalibrationText, tokenizer: PreTrainedTokenizerBase, reporter: Reporter
) -> Tensor:
    """Random windows of the source: `(sequences, tokens)`.

    Raises:
        UserError: the text is too short, can't be read or can't be fetched.
    """
    if text.source in HUB_TEXTS:
        return text_windows(_hub_ids(text, tokenizer, reporter), text)
    return text_windows(_file_ids(tokenizer, Path(text.source)), text)


def text_windows(ids: Tensor, text: CalibrationText) -> Tensor:
    """Cut random windows out of token ids: `(text_tokens,)` to `(sequences, tokens)`.

    Raises:
        UserError: there are fewer than one window for each sequence takes.
    """
    needed = text.sequences * text.tokens
    if len(ids) < needed:
        raise UserError(
            f"the calibration text {text.source} has {len(ids):,} tokens; "
            f"{text.sequences} sequences of {text.tokens} tokens need {needed:,}",
            "give a longer text, or fewer or shorter calibration sequences",
        )
    generator = torch.Generator().manual_seed(text.seed)
    last = len(ids) - text.tokens
    starts = torch.randint(0, last + 1, (text.sequences,), generator=generator)
    return torch.stack([ids[start : start + text.tokens] for start in starts.tolist()])


def _file_ids(tokenizer: PreTrainedTokenizerBase, path: Path) -> Tensor:
    try:
        text = read_file(path).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UserError(
            f"the calibration text {path} can't be read: {reason}",
            f"Calibration is {AUTO}, {CHAT}, {SOLVED}, {', '.join(HUB_TEXTS)} or a UTF-8 text "
            "file, or several joined by a plus.",
        ) from error
    return _token_ids(tokenizer, text)


def _token_ids(tokenizer: PreTrainedTokenizerBase, text: str) -> Tensor:
    ids = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    return torch.tensor(ids, dtype=torch.int64)


def _hub_ids(
    text: CalibrationText, tokenizer: PreTrainedTokenizerBase, reporter: Reporter
) -> Tensor:
    """The beginning of a data set, streamed from the Hub: four times what the windows take."""
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError

    dataset, configuration, split, column = HUB_TEXTS[text.source]
    needed = 4 * text.sequences * text.tokens
    parts: list[Tensor] = []
    have = 0
    try:
        for row in load_dataset(dataset, configuration, split=split, streaming=True):
            reporter.check()
            ids = _token_ids(tokenizer, row[column])
            parts.append(ids)
            have += len(ids)
            reporter.progress(f"reading {text.source} from the Hub", min(have, needed), needed)
            if have >= needed:
                break
    except (*HUB_FAILURES, DatasetsError) as error:
        repository = HubRepository(
            id=dataset,
            kind="dataset",
            instead="Or use --calibration auto or a text file, which need no network.",
        )
        raise dataset_error(error, repository) from error
    return torch.cat(parts) if parts else torch.empty(0, dtype=torch.int64)

"""Re-decoding: what is asked for and what comes back."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.records.errors import UserError
from engine.records.scores import Judgement

MOST_HYPOTHESES = 256
"""The widest beam and the most samples that can be asked for."""


class Beam(msgspec.Struct, frozen=True, kw_only=True, tag="beam", tag_field="kind"):
    """Beam search; every beam is returned, by its log-probability over its length to the power of
    the length penalty.

    With 1, the mean per token, a compressed model's long repetitions push out every short answer.
    """

    width: int = 8
    length_penalty: float = 0.0

    @property
    def label(self) -> str:
        """Short form for screens and exports."""
        return f"beam {self.width}"


class Sample(msgspec.Struct, frozen=True, kw_only=True, tag="sample", tag_field="kind"):
    """Independent samples; equal ones are collapsed with their count."""

    count: int = 16
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0

    @property
    def label(self) -> str:
        """Short form for screens and exports."""
        return f"{self.count} samples"


class OneShot(msgspec.Struct, frozen=True, kw_only=True, tag="one-shot", tag_field="kind"):
    """Greedy, after one solved example in the prompt.

    `example` is the id of the item that is shown solved; None takes the first other item of the
    same language (and kind) whose gold answer differs.
    """

    example: str | None = None

    @property
    def label(self) -> str:
        """Short form for screens and exports."""
        return "one-shot"


Decoding = Beam | Sample | OneShot
DecodingKind = Literal["beam", "sample", "one-shot"]


class Hypothesis(msgspec.Struct, frozen=True, kw_only=True):
    """One decoded answer.

    Attributes:
        text: without special tokens.
        log_probability: natural logarithm, summed over its tokens, at temperature 1.
        tokens: how many were generated, the end-of-turn token included.
        count: how many equal samples this stands for.
        judgement: against the item's gold answers.
    """

    text: str
    log_probability: float
    tokens: int
    count: int = 1
    judgement: Judgement


class Redecode(msgspec.Struct, frozen=True, kw_only=True):
    """A finished re-decode of one item under one variant.

    Attributes:
        hypotheses: best first (beams by score, samples by count, then log-probability).
        prompt: the text that was continued.
        example: id of the one-shot example, None otherwise.
    """

    item_id: str
    variant: str
    decoding: Decoding
    hypotheses: tuple[Hypothesis, ...]
    prompt: str
    example: str | None = None

    @property
    def recovered_at(self) -> int | None:
        """Position (from 1) of the first right hypothesis, None where no hypothesis is right."""
        for position, hypothesis in enumerate(self.hypotheses, start=1):
            if hypothesis.judgement.correct:
                return position
        return None

    @property
    def sentence(self) -> str:
        """One line that says where the gold answer came back."""
        total = len(self.hypotheses)
        position = self.recovered_at
        if isinstance(self.decoding, OneShot):
            return "one-shot brought it back" if position else "one-shot did not bring it back"
        if isinstance(self.decoding, Sample):
            right = sum(h.count for h in self.hypotheses if h.judgement.correct)
            count = self.decoding.count
            if not right:
                return f"none of {count} samples brought it back"
            return f"{right} of {count} samples brought it back"
        if position is None:
            return f"none of {total} beams brought it back"
        return f"brought back by beam {position} of {total}"


def parse_decoding(text: str) -> Decoding:
    """Read a decoding from its written form: "beam=8", "sample=16" or "one-shot".

    Raises:
        UserError: with what would have been valid.
    """
    name, equals, amount = text.strip().partition("=")
    if name == "one-shot" and not equals:
        return OneShot()
    if name in {"beam", "sample"}:
        if not equals:
            return Beam() if name == "beam" else Sample()
        if amount.isascii() and amount.isdecimal() and 1 <= int(amount) <= MOST_HYPOTHESES:
            return Beam(width=int(amount)) if name == "beam" else Sample(count=int(amount))
    raise UserError(
        f"'{text}' is not a decoding",
        f"expected beam=WIDTH, sample=COUNT (1 to {MOST_HYPOTHESES}) or one-shot",
    )

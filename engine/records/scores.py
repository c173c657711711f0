"""What scoring an item under one variant gives.

A large run has millions of these records. They form no cycles, so that Python need not look through
them for garbage (`gc=False`), which would stop the screen for seconds.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import msgspec

from engine.records.items import Item
from engine.records.settings import Normalisation
from engine.records.sums import added


class Judgement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whether a generated answer is right, and why.

    Attributes:
        correct: the verdict under the rule in force; None where there is no gold answer.
        explanation: one clause for people ("contains the gold answer").
        answer: the gold or alias that was matched best, or None.
        start, end: where it stands in the raw text (code points), or None.
        exact, containment, f1: every rule's result, the verdict's among them.
    """

    correct: bool | None
    explanation: str
    answer: str | None = None
    start: int | None = None
    end: int | None = None
    exact: bool = False
    containment: bool = False
    f1: float = 0.0


FailureMode = Literal[
    "loop",
    "other-option",
    "other-entity",
    "echo",
    "restates",
    "near-miss",
    "other-language",
    "empty",
    "cut-off",
    "other",
]
"""How a wrong open answer fails; see `engine.judging.failures`."""

FAILURE_MODES: tuple[FailureMode, ...] = get_args(FailureMode)


class Failure(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """How a wrong open answer fails.

    Attributes:
        mode: the first that fits, in the order of `engine.judging.failures`.
        explanation: one clause for people, which says no less than the judgement's.
        text: the candidate or gold answer that is named, the words that are echoed, or the gold
            answer that it begins like.
        start: where that stands in the raw text, or the loop begins, or the near miss breaks (code
            points).
        onset: the same counted in `unit`, from 1, of a loop; in characters of the gold answer, from
            1, of a near miss.
        period: of a loop, in `unit`.
        unit: of a loop, "word" or "character".
        token: the token of the gold answer at which a near miss breaks, from 1.
    """

    mode: FailureMode
    explanation: str
    text: str | None = None
    start: int | None = None
    onset: int | None = None
    period: int | None = None
    unit: Literal["word", "character"] | None = None
    token: int | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A generated answer with its judgement; `log_probability` is the sum over its tokens.

    An imported answer may come without its number of tokens and its log-probability. `failure` is
    of wrong open answers. Where a person corrected the verdict, `judged` is what the judge says;
    logs don't have it.
    """

    text: str
    judgement: Judgement
    tokens: int | None = None
    log_probability: float | None = None
    failure: Failure | None = None
    judged: Judgement | msgspec.UnsetType = msgspec.UNSET

    @property
    def overruled(self) -> bool:
        """Whether a person corrected the verdict."""
        return self.judged is not msgspec.UNSET

    @property
    def by_judge(self) -> Judgement:
        """What the judge says, whether a person corrected it or not."""
        return self.judgement if self.judged is msgspec.UNSET else self.judged

    @property
    def explanation(self) -> str:
        """Why it is right, or how it fails, in one clause."""
        return self.failure.explanation if self.failure else self.judgement.explanation


class TokenScore(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """One token at one position: rank (1 is the likeliest) and probability over the vocabulary."""

    id: int
    text: str
    rank: int
    probability: float


class GoldScore(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How likely the gold answer is, token by token.

    Attributes:
        answer: the gold or alias that this is about: the one with the highest log-likelihood.
        tokens: its tokens, teacher-forced; the first stands at the answer position.
        top: the likeliest tokens at the answer position, best first.
    """

    answer: str
    tokens: tuple[TokenScore, ...]
    top: tuple[TokenScore, ...]

    def __post_init__(self) -> None:
        if not self.tokens:
            raise ValueError("the gold answer has no token")

    @property
    def rank(self) -> int:
        """Rank of the first gold token at the answer position."""
        return self.tokens[0].rank

    @property
    def probability(self) -> float:
        """Probability of the first gold token at the answer position."""
        return self.tokens[0].probability

    @property
    def worst_rank(self) -> int:
        """The worst rank along the gold answer: it tells of an answer that breaks half way."""
        return max(token.rank for token in self.tokens)

    @property
    def outranking(self) -> tuple[TokenScore, ...]:
        """The tokens in `top` that are likelier than the first gold token."""
        return tuple(token for token in self.top if token.rank < self.rank)


class OptionScore(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """Log-likelihood of one option's text after the prompt (natural logarithm, summed).

    An imported option may come without its number of tokens.
    """

    text: str
    log_likelihood: float
    tokens: int | None
    bytes: int

    def normalised(self, normalisation: Normalisation) -> float:
        """The log-likelihood as compared: the sum, or per token, or per UTF-8 byte.

        Raises:
            ValueError: per token, where the number of tokens is not known.
        """
        divisor = {"sum": 1, "token": self.tokens, "byte": self.bytes}[normalisation]
        if divisor is None:
            raise ValueError(f"the number of tokens of option {self.text!r} is not known")
        return self.log_likelihood / max(divisor, 1)


class ChoiceScore(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Multiple choice: every option with its log-likelihood; the likeliest is chosen."""

    options: tuple[OptionScore, ...]
    gold_index: int
    normalisation: Normalisation = "sum"

    def __post_init__(self) -> None:
        if not 0 <= self.gold_index < len(self.options):
            raise ValueError(f"option {self.gold_index} is none of {len(self.options)}")
        if self.normalisation == "token" and any(one.tokens is None for one in self.options):
            raise ValueError("the number of tokens of an option is not known")

    def chosen(self, normalisation: Normalisation | None = None) -> int:
        """The index of the likeliest option, the first of equals."""
        values = [option.normalised(normalisation or self.normalisation) for option in self.options]
        return values.index(max(values))

    @property
    def correct(self) -> bool:
        """The choice verdict."""
        return self.chosen() == self.gold_index

    @property
    def probabilities(self) -> tuple[float, ...]:
        """Softmax over the options of the compared values."""
        values = [option.normalised(self.normalisation) for option in self.options]
        peak = max(values)
        weights = [math.exp(value - peak) for value in values]
        total = added(weights)
        return tuple(weight / total for weight in weights)


class Score(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One item under one variant; an imported score holds only what its source held.

    Attributes:
        open: the greedy open answer.
        gold: rank and probability of the gold answer.
        choice: multiple choice by log-likelihood; None without options.
        letter: multiple choice by the option's letter; None unless asked for.
        shown: the answer generated with the options listed in the prompt; None unless asked for.
        kl_options: KL(reference ‖ this) over the options, in nats; None for the reference.
        kl_vocabulary: the same over the vocabulary at the answer position.
        top_margin: probability of the likeliest token minus the second's, at the answer position.
        parts_at: the first token, from 1, at which the open answer is not the reference's any more
            (where one of them ends, the one after its last); None where they are the same, for the
            reference, and in runs of older versions.
    """

    open: Answer | None = None
    gold: GoldScore | None = None
    choice: ChoiceScore | None = None
    letter: ChoiceScore | None = None
    shown: Answer | None = None
    kl_options: float | None = None
    kl_vocabulary: float | None = None
    top_margin: float | None = None
    parts_at: int | None = None


class ScoredItem(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One item with its score under every variant of the run.

    Attributes:
        item: as it was scored.
        prompt: the text put to the model for the open answer.
        scores: by variant name ("dense", "wanda:0.45").
        floor: the reference scored again in another batch; None unless asked for.
        notes: what was done to the item ("passage cut to 1,024 tokens").
    """

    item: Item
    prompt: str
    scores: dict[str, Score]
    floor: Score | None = None
    notes: tuple[str, ...] = ()

    @property
    def after_stem(self) -> bool:
        """Whether the prompt ends with the item's stem, so that the next token is the answer's
        first: elsewhere a right answer may begin later, and the first token's rank tells little."""
        stem = (self.item.stem or "").strip()
        return bool(stem) and self.prompt.rstrip().endswith(stem)

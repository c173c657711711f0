"""What is tried to bring answers back, and how it was proven."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.records.hypotheses import Redecode
from engine.records.scores import ScoredItem

Role = Literal["dense", "variant", "baseline", "remedy"]
"""What a row of the table is: the dense model, the run's variant, what a remedy must beat, or a
remedy."""


class MeasuredText(msgspec.Struct, frozen=True, kw_only=True):
    """A text that perplexity is measured on.

    Attributes:
        source: the file, as it was named.
        hash: SHA-256 of the token ids.
        windows, tokens: so many windows of it, of so many tokens each.
    """

    source: str
    hash: str
    windows: int
    tokens: int


class RemedyQuestion(msgspec.Struct, frozen=True, kw_only=True, tag="question", tag_field="kind"):
    """What a search starts from, and what it may change.

    Attributes:
        variant: the run's variant whose answers are to come back.
        calibrations: sources of calibration text that are tried, beside the run's own.
        control: items of another task; None for no control.
        text: that perplexity is measured on; None for none.
        biases: whether layers of the model have biases, which may be changed as well.
    """

    variant: str
    calibrations: tuple[str, ...]
    control: str | None
    text: MeasuredText | None = None
    biases: bool = False


class Trial(msgspec.Struct, frozen=True, kw_only=True, tag="trial", tag_field="kind"):
    """A recipe on the choosing half.

    Attributes:
        open_right, choice_right: right answers, open and by choice.
        n: items.
        gold_log_probability: mean over the items of the gold answer's log-probability, in nats.
        achieved_sparsity: share of zeros in the compressed weights.
        seconds: that making and scoring took.
    """

    recipe: str
    open_right: int
    choice_right: int
    n: int
    gold_log_probability: float
    achieved_sparsity: float
    seconds: float


class Proof(msgspec.Struct, frozen=True, kw_only=True, tag="proof", tag_field="kind"):
    """An item that nothing was chosen on, under the dense model and a recipe.

    `task` is `HELD_OUT`, or the source of the control's items.
    """

    recipe: str
    task: str
    scored: ScoredItem


HELD_OUT = "held out"


class Redecoded(msgspec.Struct, frozen=True, kw_only=True, tag="decoding", tag_field="kind"):
    """A held-out item, decoded otherwise under the dense model or a recipe."""

    recipe: str
    redecode: Redecode


class Perplexity(msgspec.Struct, frozen=True, kw_only=True, tag="perplexity", tag_field="kind"):
    """The perplexity of the dense model or a recipe on a text."""

    recipe: str
    text: MeasuredText
    value: float


class TaskFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Accuracies over the items of one task; intervals are Wilson's at 95 %, None for n = 0.

    Attributes:
        brought_back: items whose open answer is right, and was wrong under the run's variant.
        newly_broken: the other way round.
        p_value: McNemar's exact test of the two.
    """

    n: int
    open_accuracy: float | None
    open_interval: tuple[float, float] | None
    shown_accuracy: float | None
    choice_accuracy: float | None
    choice_n: int
    choice_interval: tuple[float, float] | None
    brought_back: int
    newly_broken: int
    p_value: float
    mean_kl_vocabulary: float | None


class RemedyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A recipe as it is proven.

    Attributes:
        recipe: "dense" for the dense model.
        label: for people.
        changes: what differs from the run's variant, for people.
        open_accuracy, choice_accuracy, n: on the held-out half, as in `held_out`.
        control: None without a control task.
        seconds: that trying it took; None for what was not tried.
        perplexity: on the report's text; None without one.
    """

    recipe: str
    label: str
    role: Role
    changes: tuple[str, ...]
    achieved_sparsity: float
    open_accuracy: float | None
    choice_accuracy: float | None
    n: int
    held_out: TaskFigures
    control: TaskFigures | None
    seconds: float | None
    perplexity: float | None = None


class DecodingRow(msgspec.Struct, frozen=True, kw_only=True):
    """Another decoding in place of another recipe, on the held-out half.

    It leaves the choice as it is, costs what it costs at every answer, and helps the dense model,
    too: that one stands beside it.

    Attributes:
        recipe: whose answers are decoded so; "dense" for the dense model.
        decoding: its label.
        open_accuracy: of the first hypotheses.
        brought_back, newly_broken: against the recipe's own greedy answers.
        tokens: generated for an item, all hypotheses together, on average; those that were dropped
            as well.
        prompt_tokens: read for an item, on average; None where that is not known.
    """

    recipe: str
    label: str
    decoding: str
    n: int
    open_accuracy: float
    open_interval: tuple[float, float]
    brought_back: int
    newly_broken: int
    p_value: float
    tokens: float
    prompt_tokens: float | None = None


class RemedyReport(msgspec.Struct, frozen=True, kw_only=True, tag="report", tag_field="kind"):
    """What was found, on items that it was not chosen on.

    Attributes:
        choosing, held_out: items in the halves.
        control: source of the control's items; None without.
        best: what the search chose; the run's variant where nothing was better.
        remedies: baselines and remedies.
        priced: what was chosen with the blocks left dense that the gold answers gain most from: a
            lower sparsity. Beside it, as baselines, as many blocks at random, and no block but the
            same sparsity over all, uniform and by OWL; where the variant is a finished checkpoint,
            the dense model pruned to that sparsity.
        decodings: of the dense model, the run's variant and what was chosen.
        trials: everything that was tried on the choosing half.
        seconds: that the search took.
        text: that perplexity was measured on; None without one.
        notes: what could not be tried, and why.
    """

    choosing: int
    held_out: int
    control: str | None
    dense: RemedyRow
    variant: RemedyRow
    best: RemedyRow
    remedies: tuple[RemedyRow, ...]
    priced: tuple[RemedyRow, ...]
    decodings: tuple[DecodingRow, ...]
    trials: tuple[Trial, ...]
    seconds: float
    text: MeasuredText | None = None
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[RemedyRow, ...]:
        """Every row, the dense model first."""
        return (self.dense, self.variant, *self.remedies, *self.priced)


RemedyRecord = RemedyQuestion | Trial | Proof | Redecoded | Perplexity | RemedyReport
"""A line of the file that keeps it."""

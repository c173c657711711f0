"""What a run comes to, in figures that a script can read and a person can recompute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from itertools import islice

import msgspec
import polars as pl

from engine.analysis.failure_counts import FailureCounts, failures_of
from engine.analysis.frame import run_frame
from engine.analysis.outcomes import REPORT_ORDER
from engine.analysis.pairing import count_flips
from engine.analysis.partings import Partings, partings_of
from engine.analysis.recovery_figures import RecoverySummary, sum_up_recoveries
from engine.analysis.shifts import Shift, shift_of
from engine.analysis.statistics import Statistics
from engine.analysis.summed import Figure, mean, median, share, sum_up
from engine.analysis.variants import VariantTable
from engine.runs.reading import Run


class VariantSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One variant over the scored items; n beside every share, None where nothing was scored so.

    Attributes:
        gold_first: share of items whose gold answer's first token has rank 1.
    """

    name: str
    label: str
    open_accuracy: float | None
    open_n: int
    choice_accuracy: float | None
    choice_n: int
    shown_accuracy: float | None
    shown_n: int
    letter_accuracy: float | None
    letter_n: int
    exact_accuracy: float | None
    containment_accuracy: float | None
    mean_f1: float | None
    gold_n: int
    gold_first: float | None
    median_gold_rank: float | None
    median_worst_rank: float | None
    median_gold_probability: float | None
    median_top_margin: float | None


class LanguageSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One language of a comparison."""

    language: str
    items: int
    outcomes: dict[str, int]
    dense_open_accuracy: float | None
    pruned_open_accuracy: float | None
    dense_choice_accuracy: float | None
    pruned_choice_accuracy: float | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One pruned variant against the reference.

    Attributes:
        never_choice_correct: of the items never right, those whose pruned choice is right.
        flips: how many choices changed how; see `engine.analysis.pairing.Flip`.
        demoted_gold_rank: median gold rank of the recognition-only items under the variant.
        failures: how the wrong open answers of both fail; None where no failure modes are known.
        shift: how far the variant moved.
        partings: where its greedy answers part from the reference's; None where that isn't known.
        metrics: by the column that is summed up, such as "pruned_gold_rank"; those of other
            packages are among them.
        recoveries: by decoding, then "any" of them.
    """

    variant: str
    label: str
    achieved_sparsity: float | None
    outcomes: dict[str, int]
    never_choice_correct: int
    scores: VariantSummary
    flips: dict[str, int]
    mean_kl_options: float | None
    mean_kl_vocabulary: float | None
    median_kl_vocabulary: float | None
    demoted_gold_rank: float | None
    failures: FailureCounts | None
    shift: Shift
    partings: Partings | None
    metrics: dict[str, Figure]
    recoveries: tuple[RecoverySummary, ...]
    languages: tuple[LanguageSummary, ...]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A run in figures; `outcomes`, `achieved_sparsity` and "pruned" are the first recipe's.

    `items` counts those scored, `total` those of the run, `overruled` the verdicts on open answers
    that were corrected by hand, `borrowed` the scored items whose options are other items'
    answers, and `optionless`, where there are such, the items without any; `variants` has "dense"
    (the reference, whatever it is) and "pruned". The statistics, and the table of all variants, are
    filled in by
    `engine.reports.report`.
    """

    model: str
    source: str
    judge: str
    overruled: int
    borrowed: int
    optionless: int
    prompt: str | None
    items: int
    total: int
    outcomes: dict[str, int]
    achieved_sparsity: float | None
    variants: dict[str, VariantSummary]
    comparisons: tuple[Comparison, ...]
    statistics: Statistics | None = None
    variant_table: VariantTable | None = None


def summarize(run: Run) -> Summary:
    """Sum up a run as far as it is scored."""
    manifest = run.manifest
    settings = manifest.settings
    frames = {name: run_frame(run, name) for name in settings.recipes}
    comparisons = tuple(_comparison(run, name, frame) for name, frame in frames.items())
    reference = _variant(run, settings.against, frames[settings.recipes[0]], "dense")
    first = comparisons[0]
    borrowed = int(frames[settings.recipes[0]]["borrowed"].sum())
    return Summary(
        model=manifest.model.name if manifest.model else settings.model,
        source=manifest.items.source,
        judge=settings.judge,
        overruled=_overruled(frames.values()),
        borrowed=borrowed,
        optionless=sum(not item.options for item in run.items) if borrowed else 0,
        prompt=manifest.prompt,
        items=len(run.scored),
        total=manifest.items.count,
        outcomes=first.outcomes,
        achieved_sparsity=first.achieved_sparsity,
        variants={"dense": reference, "pruned": first.scores},
        comparisons=comparisons,
    )


def count_outcomes(frame: pl.DataFrame) -> dict[str, int]:
    """Items per outcome, every outcome among the keys."""
    counts = Counter(frame["outcome"])
    return {name: counts[name] for name in REPORT_ORDER}


def _overruled(frames: Collection[pl.DataFrame]) -> int:
    """How many verdicts were corrected by hand: of the reference once, of every variant."""
    columns = [first["dense_overruled"] for first in islice(frames, 1)]
    columns += [frame["pruned_overruled"] for frame in frames]
    return sum(int(column.sum()) for column in columns)


def label_of(run: Run, name: str) -> str:
    """A variant's short form for people."""
    labels = {variant.name: variant.label for variant in run.manifest.variants}
    return labels.get(name, name)


def _comparison(run: Run, name: str, frame: pl.DataFrame) -> Comparison:
    demoted = frame.filter(pl.col("outcome") == "recognition-only")
    records = {variant.name: variant for variant in run.manifest.variants}
    record = records.get(name)
    return Comparison(
        variant=name,
        label=label_of(run, name),
        achieved_sparsity=record.achieved_sparsity if record and record.blocks else None,
        outcomes=count_outcomes(frame),
        never_choice_correct=int(frame["never_choice_correct"].sum()),
        scores=_variant(run, name, frame, "pruned"),
        flips=count_flips(frame["flip"]),
        mean_kl_options=mean(frame["kl_options"]),
        mean_kl_vocabulary=mean(frame["kl_vocabulary"]),
        median_kl_vocabulary=median(frame["kl_vocabulary"]),
        demoted_gold_rank=median(demoted["pruned_gold_rank"]),
        failures=failures_of(frame),
        shift=shift_of(frame),
        partings=partings_of(frame),
        metrics=sum_up(frame),
        recoveries=sum_up_recoveries(run, name, frame),
        languages=tuple(
            _language(str(language), part)
            for (language,), part in frame.group_by("language", maintain_order=True)
        ),
    )


def _variant(run: Run, name: str, frame: pl.DataFrame, side: str) -> VariantSummary:
    column = {key: frame[f"{side}_{key}"] for key in _MEASURES}
    return VariantSummary(
        name=name,
        label=label_of(run, name),
        open_accuracy=share(column["answer_correct"]),
        open_n=column["answer_correct"].count(),
        choice_accuracy=share(column["choice_correct"]),
        choice_n=column["choice_correct"].count(),
        shown_accuracy=share(column["shown_correct"]),
        shown_n=column["shown_correct"].count(),
        letter_accuracy=share(column["letter_correct"]),
        letter_n=column["letter_correct"].count(),
        exact_accuracy=share(column["exact"]),
        containment_accuracy=share(column["containment"]),
        mean_f1=mean(column["f1"]),
        gold_n=column["gold_rank"].count(),
        gold_first=share(column["gold_rank"] == 1),
        median_gold_rank=median(column["gold_rank"]),
        median_worst_rank=median(column["worst_rank"]),
        median_gold_probability=median(column["gold_probability"]),
        median_top_margin=median(column["top_margin"]),
    )


_MEASURES = (
    "answer_correct",
    "choice_correct",
    "shown_correct",
    "letter_correct",
    "exact",
    "containment",
    "f1",
    "gold_rank",
    "worst_rank",
    "gold_probability",
    "top_margin",
)


def _language(language: str, frame: pl.DataFrame) -> LanguageSummary:
    return LanguageSummary(
        language=language,
        items=frame.height,
        outcomes=count_outcomes(frame),
        dense_open_accuracy=share(frame["dense_answer_correct"]),
        pruned_open_accuracy=share(frame["pruned_answer_correct"]),
        dense_choice_accuracy=share(frame["dense_choice_correct"]),
        pruned_choice_accuracy=share(frame["pruned_choice_correct"]),
    )

"""Paired statistics of a run: intervals, tests on the pairs, ranks, recoveries, the noise floor."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec
import polars as pl

from engine.analysis.frame import run_frame
from engine.analysis.pairing import answer_correct, count_flips, flip
from engine.analysis.recovering import recoverable, recoverable_text
from engine.analysis.slices import Slice, rank_slices
from engine.records.hypotheses import Redecode
from engine.records.scores import ScoredItem
from engine.runs.reading import Run

CONFIDENCE = 0.95
"""Of every interval."""

Measure = Literal["open", "shown", "choice", "letter"]

LADDER: dict[Measure, str] = {
    "open": "answer_correct",
    "shown": "shown_correct",
    "choice": "choice_correct",
    "letter": "letter_correct",
}
"""From open generation to picking an option: every rung shows the model more of the answer."""


class Proportion(msgspec.Struct, frozen=True, kw_only=True):
    """So many right of n, with the Wilson score interval."""

    right: int
    n: int
    share: float
    low: float
    high: float


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """One measure for both variants, over the items that have it for both.

    Attributes:
        dense_only: items that only the reference gets right.
        pruned_only: items that only the pruned variant gets right.
        difference: pruned share minus dense share.
        p_value: McNemar's exact test, two-sided, of the items that only one gets right.
    """

    measure: Measure
    dense: Proportion
    pruned: Proportion
    dense_only: int
    pruned_only: int
    difference: float
    p_value: float


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """All items, or those of one language; `flips` counts the choices by how they changed."""

    name: str
    items: int
    ladder: tuple[Rung, ...]
    flips: dict[str, int]
    mean_kl_options: float | None
    median_kl_options: float | None
    mean_kl_vocabulary: float | None
    median_kl_vocabulary: float | None
    median_dense_top_margin: float | None
    median_pruned_top_margin: float | None


class RankBands(msgspec.Struct, frozen=True, kw_only=True):
    """Where the gold answers of the recognition-only items stand under the pruned variant."""

    n: int
    first: int
    from_2_to_5: int
    from_6_to_20: int
    beyond: int


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What one decoding brought back of one group's items.

    Attributes:
        items: of the group that recovery is for; not all need have been tried.
        positions: how many came back at which position among the hypotheses, best first.
    """

    decoding: str
    group: str
    items: int
    tried: int
    recovered: int
    positions: dict[int, int]


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """The reference against itself, scored twice: changes that are not the pruning's."""

    items: int
    flips: dict[str, int]
    open_verdicts_changed: int
    open_texts_changed: int
    mean_kl_vocabulary: float | None


class ComparisonStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """One pruned variant against the reference; `groups` has all items first, then languages.

    Attributes:
        recovery_items: what the items are called that recovery is for.
    """

    variant: str
    groups: tuple[Group, ...]
    first_token_ranks: RankBands
    worst_token_ranks: RankBands
    recovery_items: str
    recoveries: tuple[Recovery, ...]
    slices: tuple[Slice, ...]


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """Of a whole run; `floor` is None where the reference was scored once."""

    confidence: float
    comparisons: tuple[ComparisonStatistics, ...]
    floor: Floor | None


def run_statistics(run: Run) -> Statistics:
    """The statistics of a run as far as it is scored."""
    return Statistics(
        confidence=CONFIDENCE,
        comparisons=tuple(_comparison(run, name) for name in run.manifest.settings.recipes),
        floor=noise_floor(list(run.scored.values()), run.manifest.settings.against),
    )


def wilson(right: int, n: int) -> Proportion:
    """A proportion with its Wilson score interval (Wilson 1927); n must be above 0."""
    from scipy.stats import binomtest

    interval = binomtest(right, n).proportion_ci(CONFIDENCE, method="wilson")
    return Proportion(
        right=right, n=n, share=right / n, low=float(interval.low), high=float(interval.high)
    )


def mcnemar(dense_only: int, pruned_only: int) -> float:
    """Two-sided p-value of McNemar's exact test: the binomial test of the discordant pairs."""
    from scipy.stats import binomtest

    discordant = dense_only + pruned_only
    return float(binomtest(dense_only, discordant).pvalue) if discordant else 1.0


def rung(frame: pl.DataFrame, measure: Measure) -> Rung | None:
    """One measure over the pairs that have it on both sides; None where there is no pair."""
    column = LADDER[measure]
    pairs = frame.select(dense=f"dense_{column}", pruned=f"pruned_{column}").drop_nulls()
    if pairs.is_empty():
        return None
    dense, pruned = pairs["dense"], pairs["pruned"]
    dense_only, pruned_only = int((dense & ~pruned).sum()), int((pruned & ~dense).sum())
    return Rung(
        measure=measure,
        dense=wilson(int(dense.sum()), pairs.height),
        pruned=wilson(int(pruned.sum()), pairs.height),
        dense_only=dense_only,
        pruned_only=pruned_only,
        difference=(pruned_only - dense_only) / pairs.height,
        p_value=mcnemar(dense_only, pruned_only),
    )


def rank_bands(ranks: pl.Series) -> RankBands:
    """Count ranks by band."""
    known = ranks.drop_nulls()
    return RankBands(
        n=known.len(),
        first=int((known == 1).sum()),
        from_2_to_5=int(known.is_between(2, 5).sum()),
        from_6_to_20=int(known.is_between(6, 20).sum()),
        beyond=int((known > 20).sum()),
    )


def noise_floor(scored: list[ScoredItem], reference: str) -> Floor | None:
    """The reference's second scoring against its first; None where there was none."""
    pairs = [
        (one.scores[reference], one.floor)
        for one in scored
        if one.floor is not None and reference in one.scores
    ]
    if not pairs:
        return None
    divergences = pl.Series(
        [again.kl_vocabulary for _, again in pairs], dtype=pl.Float64
    ).drop_nans()
    opened = [(first.open, again.open) for first, again in pairs if first.open and again.open]
    return Floor(
        items=len(pairs),
        flips=count_flips(flip(first.choice, again.choice) for first, again in pairs),
        open_verdicts_changed=sum(answer_correct(a) != answer_correct(b) for a, b in opened),
        open_texts_changed=sum(a.text != b.text for a, b in opened),
        mean_kl_vocabulary=_float(divergences.mean()),
    )


def _comparison(run: Run, name: str) -> ComparisonStatistics:
    frame = run_frame(run, name)
    settings = run.manifest.settings
    demoted = frame.filter(pl.col("outcome") == "recognition-only")
    languages = [
        (str(language), part)
        for (language,), part in frame.group_by("language", maintain_order=True)
    ]
    parts = [("all", frame), *(languages if len(languages) > 1 else [])]
    return ComparisonStatistics(
        variant=name,
        groups=tuple(_group(group, part) for group, part in parts),
        first_token_ranks=rank_bands(demoted["pruned_gold_rank"]),
        worst_token_ranks=rank_bands(demoted["pruned_worst_rank"]),
        recovery_items=recoverable_text(settings),
        recoveries=tuple(
            recovery
            for group, part in parts
            for recovery in _recoveries(run.redecodes, name, group, recoverable(part, settings))
        ),
        slices=rank_slices(frame),
    )


def _group(name: str, frame: pl.DataFrame) -> Group:
    rungs = [rung(frame, measure) for measure in LADDER]
    return Group(
        name=name,
        items=frame.height,
        ladder=tuple(one for one in rungs if one is not None),
        flips=count_flips(frame["flip"]),
        mean_kl_options=_float(frame["kl_options"].mean()),
        median_kl_options=_float(frame["kl_options"].median()),
        mean_kl_vocabulary=_float(frame["kl_vocabulary"].mean()),
        median_kl_vocabulary=_float(frame["kl_vocabulary"].median()),
        median_dense_top_margin=_float(frame["dense_top_margin"].median()),
        median_pruned_top_margin=_float(frame["pruned_top_margin"].median()),
    )


def _recoveries(
    redecodes: tuple[Redecode, ...], variant: str, group: str, items: set[str]
) -> list[Recovery]:
    by_decoding: dict[str, dict[str, int | None]] = {}
    for redecode in redecodes:
        if redecode.variant == variant and redecode.item_id in items:
            found = by_decoding.setdefault(redecode.decoding.label, {})
            found[redecode.item_id] = redecode.recovered_at
    rows = []
    for decoding, found in sorted(by_decoding.items()):
        positions = Counter(position for position in found.values() if position)
        rows.append(
            Recovery(
                decoding=decoding,
                group=group,
                items=len(items),
                tried=len(found),
                recovered=positions.total(),
                positions=dict(sorted(positions.items())),
            )
        )
    return rows


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None

"""Paired statistics of a run: intervals, tests on the pairs, ranks, recoveries, the noise floor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import polars as pl

from engine.analysis.frame import run_frame
from engine.analysis.metrics.registry import ladder
from engine.analysis.pairing import count_flips, flip
from engine.analysis.proportions import CONFIDENCE, Proportion, mcnemar, wilson
from engine.analysis.recovery_figures import Recovery, recoveries_of_groups
from engine.analysis.recovery_items import recoverable, recoverable_text
from engine.analysis.slices import Slice, rank_slices
from engine.analysis.summed import mean, median
from engine.records.scores import ScoredItem
from engine.runs.reading import Run


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """One measure for both variants, over the items that have it for both.

    Attributes:
        measure: its name in `engine.analysis.metrics.registry.ladder`.
        dense_only: items that only the reference gets right.
        pruned_only: items that only the pruned variant gets right.
        difference: pruned share minus dense share.
        p_value: McNemar's exact test, two-sided, of the items that only one gets right.
    """

    measure: str
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

    @property
    def illusion(self) -> float | None:
        """How much further open accuracy fell than choice accuracy, as a share; None where one of
        them is not known."""
        falls = {rung.measure: rung.difference for rung in self.ladder}
        if "open" not in falls or "choice" not in falls:
            return None
        return falls["choice"] - falls["open"]

    @property
    def unanswered(self) -> bool:
        """Whether the reference answers no item, so that no illusion can be measured."""
        return any(
            rung.measure == "open" and rung.dense.n and not rung.dense.right for rung in self.ladder
        )


class RankBands(msgspec.Struct, frozen=True, kw_only=True):
    """Where the gold answers of the recognition-only items stand under the pruned variant."""

    n: int
    first: int
    from_2_to_5: int
    from_6_to_20: int
    beyond: int


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
        candidates: how many of them each group has.
    """

    variant: str
    groups: tuple[Group, ...]
    first_token_ranks: RankBands
    worst_token_ranks: RankBands
    recovery_items: str
    candidates: dict[str, int]
    recoveries: tuple[Recovery, ...]
    slices: tuple[Slice, ...]

    @property
    def outstanding(self) -> tuple[Slice, ...]:
        """The slices that have an illusion, larger than that of all items."""
        overall = self.groups[0].illusion or 0.0
        return tuple(part for part in self.slices if part.illusion > max(overall, 0.0))


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """Of a whole run; `floor` is None where the reference was scored once."""

    confidence: float
    comparisons: tuple[ComparisonStatistics, ...]
    floor: Floor | None


def run_statistics(run: Run, frames: Mapping[str, pl.DataFrame] | None = None) -> Statistics:
    """The statistics of a run as far as it is scored.

    Args:
        run: with every re-decode that was made.
        frames: its pairs by variant, where they are known already.
    """
    recipes = run.manifest.settings.recipes
    if frames is None:
        frames = {name: run_frame(run, name) for name in recipes}
    return Statistics(
        confidence=CONFIDENCE,
        comparisons=tuple(_comparison(run, name, frames[name]) for name in recipes),
        floor=noise_floor(run.scored.values(), run.manifest.settings.against),
    )


def rung(frame: pl.DataFrame, measure: str) -> Rung | None:
    """One measure over the pairs that have it on both sides; None where there is no pair."""
    before, after = (column.name for column in ladder()[measure].columns)
    pairs = frame.select(dense=before, pruned=after).drop_nulls()
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


def noise_floor(scored: Iterable[ScoredItem], reference: str) -> Floor | None:
    """The reference's second scoring against its first; None where there was none."""
    # Of each item only what changed is kept: a large run's scores come from its log, one by one.
    flips: list[str | None] = []
    divergences: list[float | None] = []
    verdicts_changed = texts_changed = 0
    for item in scored:
        first, again = item.scores.get(reference), item.floor
        if first is None or again is None:
            continue
        flips.append(flip(first.choice, again.choice))
        divergences.append(again.kl_vocabulary)
        if first.open and again.open:
            verdicts_changed += first.open.by_judge.correct != again.open.by_judge.correct
            texts_changed += first.open.text != again.open.text
    if not flips:
        return None
    return Floor(
        items=len(flips),
        flips=count_flips(flips),
        open_verdicts_changed=verdicts_changed,
        open_texts_changed=texts_changed,
        mean_kl_vocabulary=mean(pl.Series(divergences, dtype=pl.Float64).drop_nans()),
    )


def _comparison(run: Run, name: str, frame: pl.DataFrame) -> ComparisonStatistics:
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
        candidates={group: len(recoverable(part, settings)) for group, part in parts},
        recoveries=recoveries_of_groups(run, name, parts),
        slices=rank_slices(frame),
    )


def _group(name: str, frame: pl.DataFrame) -> Group:
    rungs = [rung(frame, measure) for measure in ladder()]
    return Group(
        name=name,
        items=frame.height,
        ladder=tuple(known for known in rungs if known is not None),
        flips=count_flips(frame["flip"]),
        mean_kl_options=mean(frame["kl_options"]),
        median_kl_options=median(frame["kl_options"]),
        mean_kl_vocabulary=mean(frame["kl_vocabulary"]),
        median_kl_vocabulary=median(frame["kl_vocabulary"]),
        median_dense_top_margin=median(frame["dense_top_margin"]),
        median_pruned_top_margin=median(frame["pruned_top_margin"]),
    )

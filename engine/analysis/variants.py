"""All variants of a run beside each other: accuracies, the illusion gap, tests between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import msgspec
import polars as pl

from engine.analysis.frame import run_frame
from engine.analysis.metrics.registry import ladder
from engine.analysis.proportions import Proportion, mcnemar, wilson
from engine.analysis.summed import mean, median
from engine.records.settings import DENSE
from engine.runs.reading import Run

TESTED = ("open", "choice")
"""The measures that variants are tested on; their difference is the illusion."""


class VariantFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One variant over the items that are scored; None for what no item has.

    Attributes:
        achieved_sparsity: share of zeros in the decoder's linear weights; 0 for the dense model,
            None where it is not known.
        open, shown, choice: shares of right verdicts, each over the items that have one.
        gap: choice accuracy minus open accuracy, over the `gap_n` items that have both: what a
            benchmark of choices doesn't show.
        mean_kl_vocabulary: KL(reference ‖ variant) at the answer position, in nats.
        median_gold_rank: of the gold answer's first token.
    """

    name: str
    label: str
    achieved_sparsity: float | None
    open: Proportion | None
    shown: Proportion | None
    choice: Proportion | None
    gap: float | None
    gap_n: int
    mean_kl_vocabulary: float | None
    median_gold_rank: float | None


class VariantTest(msgspec.Struct, frozen=True, kw_only=True):
    """Two variants compared on the `n` items that have the measure's verdict under both.

    Attributes:
        measure: one of `TESTED`.
        first, second: names of the variants.
        first_only: items that only the first gets right.
        second_only: items that only the second gets right.
        difference: the second's share minus the first's.
        p_value: McNemar's exact test, two-sided.
        p_holm: the same, corrected over all pairs of variants on this measure (Holm 1979).
    """

    measure: str
    first: str
    second: str
    n: int
    first_only: int
    second_only: int
    difference: float
    p_value: float
    p_holm: float


class VariantTable(msgspec.Struct, frozen=True, kw_only=True):
    """Every variant, the reference first, and every pair of them on every measure of `TESTED`."""

    rows: tuple[VariantFigures, ...]
    tests: tuple[VariantTest, ...]

    def label(self, name: str) -> str:
        """The short form of a variant's name."""
        return next(row.label for row in self.rows if row.name == name)


def variant_table(run: Run, frames: Mapping[str, pl.DataFrame] | None = None) -> VariantTable:
    """Compare the variants of a run as far as it is scored.

    Args:
        run: as it is read.
        frames: its pairs by variant, where they are known already.
    """
    settings = run.manifest.settings
    if frames is None:
        frames = {name: run_frame(run, name) for name in settings.recipes}
    records = {variant.name: variant for variant in run.manifest.variants}
    rows = []
    for name in settings.variants:
        record = records.get(name)
        sparsity = record.achieved_sparsity if record and record.blocks else None
        rows.append(
            _figures(
                frames[settings.recipes[0] if name == settings.against else name],
                "dense" if name == settings.against else "pruned",
                name=name,
                label=record.label if record else name,
                sparsity=0.0 if name == DENSE else sparsity,
            )
        )
    tests = [
        test
        for measure in TESTED
        for test in _tests(measure, _verdicts(frames, settings.against, measure))
    ]
    return VariantTable(rows=tuple(rows), tests=tuple(tests))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction (Holm 1979): adjusted p-values, in the order given.

    The i-th smallest of m is multiplied by m − i + 1, and none is below one that was smaller.
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    for place, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def _figures(
    frame: pl.DataFrame, side: str, *, name: str, label: str, sparsity: float | None
) -> VariantFigures:
    """One variant's row; `side` says whose columns of the pairs are its own."""
    both = frame.select(open=f"{side}_answer_correct", choice=f"{side}_choice_correct").drop_nulls()
    gap = None
    if both.height:
        gap = (int(both["choice"].sum()) - int(both["open"].sum())) / both.height
    divergence = mean(frame["kl_vocabulary"]) if side == "pruned" else None
    return VariantFigures(
        name=name,
        label=label,
        achieved_sparsity=sparsity,
        open=_proportion(frame[f"{side}_answer_correct"]),
        shown=_proportion(frame[f"{side}_shown_correct"]),
        choice=_proportion(frame[f"{side}_choice_correct"]),
        gap=gap,
        gap_n=both.height,
        mean_kl_vocabulary=divergence,
        median_gold_rank=median(frame[f"{side}_gold_rank"]),
    )


def _proportion(verdicts: pl.Series) -> Proportion | None:
    known = verdicts.drop_nulls()
    return wilson(int(known.sum()), known.len()) if known.len() else None


def _verdicts(
    frames: Mapping[str, pl.DataFrame], reference: str, measure: str
) -> dict[str, pl.Series]:
    """A measure's verdicts by variant, the reference first, each over the same items."""
    before, after = (column.name for column in ladder()[measure].columns)
    first, *_ = frames.values()
    table = first.select("item_id", pl.col(before).alias("0"))
    for number, frame in enumerate(frames.values(), start=1):
        verdicts = frame.select("item_id", pl.col(after).alias(str(number)))
        table = table.join(verdicts, on="item_id", how="left", maintain_order="left")
    names = (reference, *frames)
    return {name: table[str(number)] for number, name in enumerate(names)}


def _tests(measure: str, verdicts: Mapping[str, pl.Series]) -> list[VariantTest]:
    """Every pair of variants that share an item.

    Each measure is a family of its own. In one family, the many differences of the open answers
    would make those of the choices look smaller than they are, which is the illusion itself.
    """
    pairs = []
    for first, second in combinations(verdicts, 2):
        both = pl.DataFrame({"first": verdicts[first], "second": verdicts[second]}).drop_nulls()
        if both.height:
            before, after = both["first"], both["second"]
            counts = int((before & ~after).sum()), int((after & ~before).sum())
            pairs.append((first, second, both.height, counts))
    p_values = [mcnemar(*counts) for _, _, _, counts in pairs]
    return [
        VariantTest(
            measure=measure,
            first=first,
            second=second,
            n=n,
            first_only=counts[0],
            second_only=counts[1],
            difference=(counts[1] - counts[0]) / n,
            p_value=p_value,
            p_holm=p_holm,
        )
        for (first, second, n, counts), p_value, p_holm in zip(
            pairs, p_values, holm(p_values), strict=True
        )
    ]

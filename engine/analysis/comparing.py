"""Two variants on the items that both have scored: of two runs, or of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec

from engine.analysis.outcomes import REPORT_ORDER, Outcome
from engine.analysis.pairing import answer_correct, choice_correct, outcome
from engine.analysis.proportions import Proportion, mcnemar, wilson
from engine.analysis.summary import label_of
from engine.records.items import Item
from engine.records.manifest import Manifest
from engine.records.scores import Score, ScoredItem
from engine.runs.reading import Run
from engine.runs.variants import require_variant

UNKNOWN = "unknown"
"""The outcome of a pair that lacks an open answer."""

MEASURES: Mapping[str, Callable[[Score], bool | None]] = {
    "open answer": lambda score: answer_correct(score.open),
    "choice": lambda score: choice_correct(score.choice),
    "shown candidates": lambda score: answer_correct(score.shown),
}
"""What is compared, each as right or wrong."""


class Side(NamedTuple):
    """A variant of a run, or the reference itself."""

    run: Run
    variant: str


class SideRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared, on one side.

    Attributes:
        run: the run's name.
        label: for people, and told apart from the other side.
        scored: how many items the run has scored.
    """

    run: str
    directory: str
    variant: str
    label: str
    model: str
    scored: int


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One measure on the items that both sides have it for.

    Attributes:
        first_only: items that only the first side gets right.
        p_value: McNemar's exact test, two-sided, of the items that only one side gets right.
    """

    name: str
    first: Proportion
    second: Proportion
    first_only: int
    second_only: int
    p_value: float


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An item on one side; `outcome` is against the reference of its own run."""

    outcome: Outcome | None
    answer: str | None
    open_correct: bool | None
    choice_correct: bool | None


class ComparedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item that both sides have scored."""

    item_id: str
    language: str
    question: str
    gold: str
    first: Standing
    second: Standing

    @property
    def differs(self) -> bool:
        """Whether a verdict or the outcome is another on the second side."""
        return any(
            getattr(self.first, name) != getattr(self.second, name)
            for name in ("outcome", "open_correct", "choice_correct")
        )

    @property
    def cell(self) -> tuple[str, str]:
        """Both outcomes."""
        return self.first.outcome or UNKNOWN, self.second.outcome or UNKNOWN


class RunComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two sides, item by item.

    Attributes:
        warnings: where the sides were not scored alike, as clauses.
        first_only, second_only: items that only one side has scored.
        reworded: items with the same id but another question or gold answer, left out.
        measures: those that both sides have for some item.
        outcomes: items by the first side's outcome, then by the second's; all five, and `UNKNOWN`
            where there is one.
        items: those in common, in the first side's order.
    """

    first: SideRecord
    second: SideRecord
    warnings: tuple[str, ...]
    first_only: int
    second_only: int
    reworded: int
    measures: tuple[Measure, ...]
    outcomes: dict[str, dict[str, int]]
    items: tuple[ComparedItem, ...]

    @property
    def differing(self) -> tuple[ComparedItem, ...]:
        """The items whose verdicts or outcomes differ."""
        return tuple(item for item in self.items if item.differs)


def compare(first: Side, second: Side) -> RunComparison:
    """Compare two sides on the items that they have in common by id.

    Raises:
        UserError: a run has no such variant.
    """
    for side in (first, second):
        require_variant(side.variant, side.run.manifest.settings.variants)
    ours, theirs = first.run.scored, second.run.scored
    shared = [item_id for item_id in ours if item_id in theirs]
    common = [i for i in shared if _content(ours[i].item) == _content(theirs[i].item)]
    items = tuple(_compared(ours[i], theirs[i], first, second) for i in common)
    cells = [item.cell for item in items]
    names = [*REPORT_ORDER, *([UNKNOWN] if any(UNKNOWN in cell for cell in cells) else [])]
    warnings = [
        *_warnings(first, second),
        *_of_items((ours[i].item, theirs[i].item) for i in common),
    ]
    scores = [(_score(ours[i], first.variant), _score(theirs[i], second.variant)) for i in common]
    measured = [_measure(name, verdict, scores) for name, verdict in MEASURES.items()]
    labels = side_labels(first, second)
    return RunComparison(
        first=_record(first, labels[0]),
        second=_record(second, labels[1]),
        warnings=tuple(warnings),
        first_only=len(ours) - len(shared),
        second_only=len(theirs) - len(shared),
        reworded=len(shared) - len(common),
        measures=tuple(measure for measure in measured if measure is not None),
        outcomes={a: {b: cells.count((a, b)) for b in names} for a in names},
        items=items,
    )


def side_labels(first: Side, second: Side) -> tuple[str, str]:
    """What the sides are called: by variant within one run, by run and variant else."""
    sides = (first, second)
    variants = [label_of(side.run, side.variant) for side in sides]
    if first.run.directory == second.run.directory:
        return variants[0], variants[1]
    names = [side.run.directory.name for side in sides]
    if names[0] == names[1]:
        names = [str(side.run.directory) for side in sides]
    return f"{names[0]}, {variants[0]}", f"{names[1]}, {variants[1]}"


def _record(side: Side, label: str) -> SideRecord:
    manifest = side.run.manifest
    return SideRecord(
        run=side.run.directory.name,
        directory=str(side.run.directory),
        variant=side.variant,
        label=label,
        model=_model(manifest),
        scored=len(side.run.scored),
    )


def _compared(ours: ScoredItem, theirs: ScoredItem, first: Side, second: Side) -> ComparedItem:
    item = ours.item
    return ComparedItem(
        item_id=item.id,
        language=item.language,
        question=item.question,
        gold=item.gold,
        first=_standing(ours, first),
        second=_standing(theirs, second),
    )


def _standing(scored: ScoredItem, side: Side) -> Standing:
    score = _score(scored, side.variant)
    return Standing(
        outcome=outcome(_score(scored, side.run.manifest.settings.against), score),
        answer=None if score.open is None else score.open.text,
        open_correct=answer_correct(score.open),
        choice_correct=choice_correct(score.choice),
    )


def _score(scored: ScoredItem, variant: str) -> Score:
    return scored.scores.get(variant, Score())


def _content(item: Item) -> tuple[str, ...]:
    """What makes it the same question with the same answer."""
    return item.question, item.gold, item.stem or "", item.passage or ""


def _measure(
    name: str, verdict: Callable[[Score], bool | None], scores: Iterable[tuple[Score, Score]]
) -> Measure | None:
    pairs = [(verdict(ours), verdict(theirs)) for ours, theirs in scores]
    known = [pair for pair in pairs if None not in pair]
    if not known:
        return None
    first_only = sum(bool(ours) and not theirs for ours, theirs in known)
    second_only = sum(bool(theirs) and not ours for ours, theirs in known)
    return Measure(
        name=name,
        first=wilson(sum(bool(ours) for ours, _ in known), len(known)),
        second=wilson(sum(bool(theirs) for _, theirs in known), len(known)),
        first_only=first_only,
        second_only=second_only,
        p_value=mcnemar(first_only, second_only),
    )


# -- what a reader must know ----------------------------------------------------------------


def _warnings(first: Side, second: Side) -> list[str]:
    if first.run.directory == second.run.directory:
        return []
    ours, theirs = (_conditions(side.run.manifest) for side in (first, second))
    found = [
        f"{name}: {ours[name]} and {theirs[name]}"
        for name in ours
        if ours[name] and theirs[name] and ours[name] != theirs[name]
    ]
    models = [side.run.manifest.model for side in (first, second)]
    hashes = {model.weights_hash for model in models if model and model.weights_hash}
    if len(hashes) == 2 and ours["model"] == theirs["model"]:
        found.append(f"the weights of {ours['model']} are not the same")
    return found


def _conditions(manifest: Manifest) -> dict[str, str]:
    """What should be the same for figures to be comparable; empty where it isn't known."""
    settings = manifest.settings
    return {
        "model": _model(manifest),
        "reference": settings.against,
        "prompt": manifest.prompt or "",
        "passage": "withheld" if settings.closed_book else "shown",
        "judge": settings.judge,
        "choice by": settings.choice,
        "longest answer": f"{settings.answer_tokens} tokens",
        "number format": manifest.dtype or "",
    }


def _model(manifest: Manifest) -> str:
    return manifest.model.name if manifest.model else manifest.settings.model


def _of_items(pairs: Iterable[tuple[Item, Item]]) -> list[str]:
    """What of the items in common is not the same."""
    options = aliases = 0
    for ours, theirs in pairs:
        options += set(ours.options) != set(theirs.options)
        aliases += set(ours.aliases) != set(theirs.aliases)
    counts = {"options": options, "aliases": aliases}
    return [f"other {what} for {count:,} of the items" for what, count in counts.items() if count]

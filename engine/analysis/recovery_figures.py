"""What re-decoding brought back, in figures, each beside what luck would bring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
import polars as pl

from engine.analysis.chance import Chance
from engine.analysis.conditions import condition
from engine.analysis.recoveries import Positions, among, brought_back, fold_recoveries
from engine.analysis.recovery_items import control, recoverable
from engine.records.decodings.decoding import Decoding
from engine.runs.reading import Run


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside a recovery, so that it is not luck that is read off.

    Attributes:
        chance: how many items would come back if another item's gold answers stood for their own;
            see `engine.analysis.chance`. None where there are no others.
        never_tried: items that neither model answers, decoded again in the same way.
        never_recovered: those of them that came back.
    """

    chance: float | None
    never_tried: int
    never_recovered: int


class RecoverySummary(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the items that recovery is for a decoding brought back, and was tried on."""

    decoding: str
    kind: str | None
    tried: int
    recovered: int
    control: Control


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What one decoding brought back of one group's items.

    Attributes:
        filter: shows the items that came back; None where another decoding of its kind was tried,
            which the filter language doesn't tell apart.
        items: of the group that recovery is for; not all need have been tried.
        positions: how many came back at which position among the hypotheses, best first.
        control: what comes back by chance, and of items that neither model answers.
    """

    decoding: str
    group: str
    filter: str | None
    items: int
    tried: int
    recovered: int
    positions: dict[int, int]
    control: Control


def sum_up_recoveries(run: Run, variant: str, frame: pl.DataFrame) -> tuple[RecoverySummary, ...]:
    """What each decoding brought back under a variant whose pairs are `frame`, then any of them."""
    settings = run.manifest.settings
    every = fold_recoveries(run.redecodes, variant)
    recoveries = among(every, recoverable(frame, settings))
    if not recoveries:
        return ()
    never = among(every, control(frame, settings))
    chance = Chance(run, variant)

    def row(label: str, kind: str | None, decodings: Sequence[Decoding]) -> RecoverySummary:
        tried = set[str]().union(*(recoveries[one] for one in decodings))
        back = set[str]().union(*(brought_back(recoveries[one]) for one in decodings))
        others = [never[one] for one in decodings if one in never]
        return RecoverySummary(
            decoding=label,
            kind=kind,
            tried=len(tried),
            recovered=len(back),
            control=Control(
                chance=chance.expected(decodings, tried),
                never_tried=len(set[str]().union(*others)),
                never_recovered=len(set[str]().union(*map(brought_back, others))),
            ),
        )

    rows = [row(decoding.label, decoding.name, (decoding,)) for decoding in recoveries]
    if len(rows) > 1:
        rows.append(row("any", None, tuple(recoveries)))
    return tuple(rows)


def recoveries_of_groups(
    run: Run, variant: str, groups: Sequence[tuple[str, pl.DataFrame]]
) -> tuple[Recovery, ...]:
    """What each decoding brought back of each group's items under a variant.

    Args:
        run: with every re-decode that was made.
        variant: name of the variant.
        groups: name and pairs of each; the first has all items.
    """
    settings = run.manifest.settings
    recoveries = fold_recoveries(run.redecodes, variant)
    if not recoveries:
        return ()
    chance = Chance(run, variant)
    never = control(groups[0][1], settings)
    (whole, _), *languages = groups
    names = [name for name, _ in languages]
    of_group = {whole: ""} | {name: condition("lang", name, names) for name in names}
    return tuple(
        recovery
        for group, frame in groups
        for recovery in _of_group(
            recoveries,
            group,
            recoverable(frame, settings),
            never.intersection(frame["item_id"]),
            chance,
            " ".join(filter(None, (settings.recover_filter, of_group[group]))),
        )
    )


def _of_group(
    recoveries: Mapping[Decoding, Positions],
    group: str,
    items: set[str],
    never: set[str],
    chance: Chance,
    filter_text: str,
) -> list[Recovery]:
    rows = []
    controls = among(recoveries, never)
    kinds = Counter(decoding.name for decoding in recoveries)
    for decoding, positions in among(recoveries, items).items():
        counts = Counter(position for position in positions.values() if position)
        others = controls.get(decoding, {})
        rows.append(
            Recovery(
                decoding=decoding.label,
                group=group,
                filter=f"{filter_text} {_came_back(decoding)}"
                if kinds[decoding.name] == 1
                else None,
                items=len(items),
                tried=len(positions),
                recovered=counts.total(),
                positions=dict(sorted(counts.items())),
                control=Control(
                    chance=chance.expected((decoding,), positions),
                    never_tried=len(others),
                    never_recovered=len(brought_back(others)),
                ),
            )
        )
    return rows


def _came_back(decoding: Decoding) -> str:
    return f"recovered_by_{decoding.name.replace('-', '_')}>0"

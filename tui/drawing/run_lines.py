"""The list of runs: a line for each, and what there is to say of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from rich.cells import cell_len

from engine.text import Align, Elide, displayable, fit
from tui.drawing.lines import Line, one_line
from tui.drawing.marks import percent_text
from tui.state.state import variant_label

if TYPE_CHECKING:
    from engine.runs.overview import RunEntry
    from engine.runs.tallies import Tally

GAP = 2
LEAST_NAME, MOST_NAME, MOST_RECIPES = 22, 64, 36
NAMED_SHARES = 2
"""Of more variants than these, the list shows the lowest and the highest accuracy."""
LEAST_FACT, MOST_FACT = 10, 24
STATE_PAINTS = {"finished": "dim", "unfinished": "gold", "being written": "active"}


class Column(NamedTuple):
    """A column of the list.

    Attributes:
        give_way: where room is short, columns leave in this order; None stays.
    """

    title: str
    text: Callable[[RunEntry, datetime], str]
    align: Align = "left"
    give_way: int | None = None


def run_lines(
    entries: Sequence[RunEntry], width: int | None, now: datetime
) -> tuple[Line, list[Line]]:
    """The heading, and a line for each run; without a width, as wide as it takes."""
    cells = [[column.text(entry, now) for column in COLUMNS] for entry in entries]
    titles = [column.title for column in COLUMNS]
    widths = [max(map(cell_len, texts)) for texts in zip(titles, *cells, strict=True)]
    if width is not None:
        widths = _fitted(widths, width)
    shown = [place for place, room in enumerate(widths) if room]

    def line(texts: Sequence[str], paints: Sequence[str]) -> Line:
        pieces: Line = []
        for place in shown:
            elide: Elide = "middle" if place == NAME else "end"
            column = COLUMNS[place]
            text = fit(texts[place], widths[place], elide=elide, align=column.align)
            pieces += [(" " * GAP, "")] if pieces else []
            pieces.append((text, paints[place]))
        return pieces

    heads = line(titles, ["dim"] * len(COLUMNS))
    rows = [
        line(texts, [_paint(column, entry) for column in COLUMNS])
        for entry, texts in zip(entries, cells, strict=True)
    ]
    return heads, rows


def about_lines(entry: RunEntry | None, width: int, now: datetime) -> list[Line]:
    """What there is to say of one run: where it is, how it was made, every variant's accuracies."""
    if entry is None:
        return []
    facts = [("directory", str(entry.directory))]
    if entry.problem:
        return _facts([*facts, ("problem", entry.problem)], width)
    manifest = entry.manifest
    assert manifest is not None
    model = filter(None, (entry.model, manifest.device, manifest.dtype))
    facts += [
        ("model", ", ".join(model)),
        ("items", manifest.items.source),
        ("prompt", f"{manifest.prompt or manifest.settings.prompt}, judged by {_judged(entry)}"),
        ("created", f"{_local(manifest.created)}, changed {age_text(entry, now)} ago"),
    ]
    pairs = zip(entry.tallies("open"), entry.tallies("choice"), strict=True)
    for name, (opened, choice) in zip(entry.variants, pairs, strict=True):
        text = f"open {_share(opened)}   choice {_share(choice)}"
        facts.append((variant_label(name), text))
    return _facts(facts, width)


def age_text(entry: RunEntry, now: datetime) -> str:
    """How long ago the run changed: "40 s", "12 min", "3 h", "5 d"."""
    seconds = max((now - entry.changed).total_seconds(), 0.0)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size:,.0f} {unit}"
    return f"{seconds:.0f} s"


def items_text(entry: RunEntry) -> str:
    """How many are scored: "120", or "74 of 120"."""
    if entry.manifest is None:
        return "–"
    if entry.tally is None:
        return f"{'–' if entry.problem else '…'} of {entry.total:,}"
    scored = entry.tally.scored
    return f"{scored:,}" if scored == entry.total else f"{scored:,} of {entry.total:,}"


def accuracies_text(entry: RunEntry, measure: Literal["open", "choice"]) -> str:
    """The reference's accuracy, then the variants': "92 → 7 %", "92 → 40 · 7 %", "92 → 7–71 %"."""
    shares = [None if found is None else found.share for found in entry.tallies(measure)]
    known = [share for share in shares[1:] if share is not None]
    if not known:
        return "–"
    if len(known) > NAMED_SHARES:
        after = f"{_percent(min(known))}–{_percent(max(known))}"
    else:
        after = " · ".join(map(_percent, shares[1:]))
    return f"{_percent(shares[0])} → {after} %"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}"


def _share(tally: Tally | None) -> str:
    if tally is None or tally.share is None:
        return "–"
    return f"{percent_text(tally.share)} of {tally.n:,}"


def _judged(entry: RunEntry) -> str:
    return entry.manifest.settings.judge if entry.manifest else ""


def _local(created: str) -> str:
    """A moment in UTC (ISO 8601) in the time of this machine."""
    try:
        return datetime.fromisoformat(created).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return displayable(created)


def _facts(facts: Sequence[tuple[str, str]], width: int) -> list[Line]:
    shown = [(displayable(name), displayable(text)) for name, text in facts]
    room = min(max(LEAST_FACT, *(cell_len(name) for name, _ in shown)), MOST_FACT)
    return [one_line([(f"{fit(name, room)}  ", "dim"), (text, "")], width) for name, text in shown]


def _paint(column: Column, entry: RunEntry) -> str:
    if column.title == "state":
        return STATE_PAINTS.get(entry.state or "", "wrong")
    return {"name": "strong", "model": "dim", "recipes": "dim", "age": "dim"}.get(column.title, "")


def _fitted(widths: list[int], width: int) -> list[int]:
    """The columns' widths in a line: some leave, the recipes and the name give way. 0 has left."""
    fitted = list(widths)
    fitted[RECIPES] = min(fitted[RECIPES], MOST_RECIPES)
    fitted[NAME] = min(fitted[NAME], MOST_NAME)
    least = min(fitted[NAME], LEAST_NAME)
    order = sorted((c.give_way, place) for place, c in enumerate(COLUMNS) if c.give_way is not None)
    for _, place in order:
        if _needed(fitted) - fitted[NAME] + least <= width:
            break
        fitted[place] = 0
    over = _needed(fitted) - width
    fitted[NAME] = max(fitted[NAME] - max(over, 0), least)
    return fitted


def _needed(widths: Sequence[int]) -> int:
    shown = [room for room in widths if room]
    return sum(shown) + GAP * (len(shown) - 1)


COLUMNS = (
    Column("name", lambda entry, now: displayable(entry.name)),
    Column("model", lambda entry, now: displayable(entry.model), give_way=0),
    Column(
        "recipes",
        lambda entry, now: displayable(", ".join(map(variant_label, entry.recipes))),
        give_way=1,
    ),
    Column("items", lambda entry, now: items_text(entry), "right"),
    Column("open", lambda entry, now: accuracies_text(entry, "open"), "right"),
    Column("choice", lambda entry, now: accuracies_text(entry, "choice"), "right"),
    Column("state", lambda entry, now: entry.state or "…", give_way=3),
    Column("age", age_text, "right", give_way=2),
)
NAME, RECIPES = 0, 2

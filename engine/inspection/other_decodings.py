"""Other decodings of held-out answers, beside the remedies that change a recipe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext

from engine.analysis.remedying import decoding_row
from engine.decoding.decoder import Decoder
from engine.decoding.redecode import redecode
from engine.inspection.opened import OpenedRun
from engine.items.halves import Halves
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.registry import parse_decoding
from engine.records.recipes import Recipe
from engine.records.remedies import HELD_OUT, DecodingRow, Redecoded
from engine.records.settings import DENSE
from engine.runs.remedies import RemedyLog

DECODINGS = ("one-shot", "repetition-penalty=1.2", "beam=8")

DECODED_AT_ONCE = 128
"""Hypotheses."""


def other_decodings(
    run: OpenedRun,
    log: RemedyLog,
    halves: Halves,
    recipes: Sequence[Recipe],
    tell: Callable[[str, int], None],
    check: Callable[[], None],
) -> list[DecodingRow]:
    """Decode the held-out answers of the dense model and of recipes, as far as that isn't done yet.

    Args:
        run: with its model.
        log: has the recipes' proofs, and takes what is decoded.
        halves: of the run's items.
        recipes: the first is the run's variant.
        tell: takes what is under way, and how much is done.
        check: called between steps; raises to cancel.
    """
    named: dict[str, Recipe | None] = {DENSE: None, **{str(one): one for one in recipes}}
    settings = run.log.manifest.settings
    rows: list[DecodingRow] = []
    for text in DECODINGS:
        decoding = parse_decoding(text).seeded(settings.seed)
        for name, recipe in named.items():
            label = DENSE if recipe is None else recipe.label
            keys = [(name, decoding, item.id) for item in halves.held_out]
            if not all(key in log.redecodes for key in keys):
                tell(f"decoding {label} by {decoding.label}", len(rows))
                _decode(run, log, halves, name, recipe, decoding, check)
            redecodes = [log.redecodes[key] for key in keys]
            source = name if recipe else str(recipes[0])
            greedy = {
                item.id: log.proofs[source, HELD_OUT, item.id].scored.scores[name]
                for item in halves.held_out
            }
            rows.append(decoding_row(name, label, redecodes, greedy))
    return rows


def _decode(
    run: OpenedRun,
    log: RemedyLog,
    halves: Halves,
    name: str,
    recipe: Recipe | None,
    decoding: Decoding,
    check: Callable[[], None],
) -> None:
    """Decode the held-out items; solved examples are taken from the other half."""
    bench, items = run.ready(()), halves.held_out
    size = max(1, DECODED_AT_ONCE // decoding.hypotheses)
    with bench.trying(recipe) if recipe else nullcontext(), bench.variants.using(name) as model:
        # A finished checkpoint is a model of its own.
        decoder = Decoder(
            model=model,
            tokenizer=bench.loaded.tokenizer,
            settings=run.log.manifest.settings,
            packed=run.packed,
            on_step=_untold,
            check=check,
        )
        for start in range(0, len(items), size):
            found = redecode(decoder, items[start : start + size], name, decoding, halves.choosing)
            log.append(*(Redecoded(recipe=name, redecode=one) for one in found))


def _untold(step: int, steps: int, texts: tuple[str, ...]) -> None:
    """Steps of a decoding that nobody follows."""

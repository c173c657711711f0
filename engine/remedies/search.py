"""The search for a remedy: one change after another, each for its effect on the choosing half.

Effects don't add up, so what is left is scored anew after each change, and in the end each change
is taken back that isn't needed. Each lever is moved at most once. What is proven, and on which
items, is not seen here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from engine.methods.levers import (
    ALLOCATION_LEVER,
    BIAS_LEVER,
    LEVERS,
    as_in,
    changed,
    differing,
    shuffled,
)
from engine.records.recipes import Recipe
from engine.records.remedies import Trial

Try = Callable[[Recipe], Trial]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a search came to.

    Attributes:
        singles: the best single change of each lever.
        path: what was best after each round, the first of them a single change.
        best: what is left of the last when needless changes are taken back; the recipe that the
            search began with where nothing was better.
        baselines: what the remedies must beat.
    """

    singles: tuple[Recipe, ...]
    path: tuple[Recipe, ...]
    best: Recipe
    baselines: tuple[Recipe, ...]

    @property
    def proven(self) -> tuple[Recipe, ...]:
        """Everything that is proven on the held-out half, each recipe once."""
        return tuple(dict.fromkeys((*self.baselines, *self.singles, *self.path, self.best)))


def search(base: Recipe, calibrations: Sequence[str], tried: Try, *, biases: bool = False) -> Found:
    """Search for a better recipe at the same sparsity.

    Args:
        base: of the run's variant.
        calibrations: sources of calibration text, beside the run's own.
        tried: makes a recipe and scores it on the choosing half; asked for a recipe again, it
            gives the same trial.
        biases: whether layers of the model have biases, which can be moved as well.
    """
    levers = [lever for lever in LEVERS if biases or lever != BIAS_LEVER]
    current = base
    path: list[Recipe] = []
    singles: list[Recipe] = []
    for _ in levers:
        moved = differing(base, current)
        winners = [
            max(candidates, key=lambda recipe: worth(tried(recipe)))
            for lever in levers
            if lever not in moved and (candidates := changed(current, lever, calibrations))
        ]
        if not singles:
            singles = winners
        best = max(winners, key=lambda recipe: worth(tried(recipe)), default=current)
        if worth(tried(best)) <= worth(tried(current)):
            break
        current = best
        path.append(current)
    best = _simplified(current, base, tried)
    return Found(
        singles=tuple(singles),
        path=tuple(path),
        best=best,
        baselines=_baselines(base, best),
    )


def worth(trial: Trial) -> tuple[int, float]:
    """What is to grow: right answers, open and by choice together; of equals the likelier gold."""
    return trial.open_right + trial.choice_right, trial.gold_log_probability


def _simplified(recipe: Recipe, base: Recipe, tried: Try) -> Recipe:
    """The recipe without the changes that bring no right answer."""
    for lever in LEVERS:
        simpler = as_in(recipe, base, lever)
        if simpler is None or simpler == recipe:
            continue
        if worth(tried(simpler))[0] >= worth(tried(recipe))[0]:
            recipe = simpler
    return recipe


def _baselines(base: Recipe, best: Recipe) -> tuple[Recipe, ...]:
    """The same method, uniform and by OWL, and the best with its allocation dealt out anew."""
    plain = as_in(base, msgspec.structs.replace(base, modifiers=()), ALLOCATION_LEVER)
    owl = as_in(base, msgspec.structs.replace(base, modifiers=("owl",)), ALLOCATION_LEVER)
    found = (plain, owl, shuffled(best))
    return tuple(one for one in dict.fromkeys(found) if one is not None and one != base)

"""Loading the model that a user names; one that was converted here and is damaged is made again."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from engine.inspection.calibrating import Emit, progress_of
from engine.models.devices import Placement
from engine.models.loading import LoadedModel, load_model
from engine.models.paths import cache_directory
from engine.models.resolving import Budget, resolve_model
from engine.models.weight_files import MODELS, DamagedFile
from engine.records.protocol import Notice


def load_intact(
    spec: str,
    revision: str | None,
    placement: Placement,
    budget: Budget,
    emit: Emit,
    check: Callable[[], None],
    *,
    trust_remote_code: bool,
) -> LoadedModel:
    """Find, fetch, convert and load a model.

    Args:
        spec: what the user calls it, see `resolve_model`.
        revision: of a model on the Hub.
        placement: where it computes.
        budget: what its weights may take.
        emit: takes progress, and a notice where it is made again.
        check: raises to cancel.
        trust_remote_code: code that comes with it may run.

    Raises:
        UserError: there is no such model, it doesn't fit, or its files are damaged.
    """
    cache, progress = cache_directory(), progress_of(emit)

    def load() -> LoadedModel:
        resolved = resolve_model(spec, revision, cache, budget, progress, check)
        check()
        progress("load", resolved.name, 0, None)
        return load_model(resolved, placement, cache, trust_remote_code=trust_remote_code)

    try:
        return load()
    except DamagedFile as error:
        if not error.file.is_relative_to(cache / MODELS):
            raise
        emit(Notice(text=f"{error.message}; the model is converted again"))
        shutil.rmtree(error.file.parent)
        return load()

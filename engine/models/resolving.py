"""From what the user calls a model to a directory on disk."""

from __future__ import annotations

import hashlib
import re
from difflib import get_close_matches
from pathlib import Path

import msgspec
from filelock import FileLock

from engine.files import remove_abandoned
from engine.hub_errors import HubRepository
from engine.models.embedded import embedded_model
from engine.models.gguf_files import convert_gguf
from engine.models.hub import cached_snapshot, download, parameters_on_hub
from engine.models.progress import Check, OnProgress
from engine.models.weight_files import count_parameters, is_complete
from engine.models.writing import put_in_cache
from engine.records.aliases import ALIASES, EMBEDDED, find_alias, largest_alias_within
from engine.records.errors import UserError
from engine.user_files import from_user, has_file, is_there

_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


class ResolvedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model on disk: `source` says where it came from, `revision` is a Hub commit."""

    name: str
    source: str
    directory: Path
    revision: str | None = None


class Budget(msgspec.Struct, frozen=True):
    """What weights may take: bytes at hand, and bytes for each parameter with all variants."""

    bytes_available: int
    bytes_per_parameter: float


def resolve_model(
    spec: str,
    revision: str | None,
    cache: Path,
    budget: Budget,
    on_progress: OnProgress,
    check: Check,
) -> ResolvedModel:
    """Find, fetch or convert the model that the user named.

    `spec` is an alias, a local directory, a GGUF file or a Hub id, tried in that order. A model
    in the Hub's local cache is taken as it is; otherwise it is downloaded, after a check that it
    fits the budget.

    Raises:
        UserError: there is no such model, it can't be reached, or it doesn't fit.
        engine.records.errors.Cancelled: from `check`.
    """
    alias = find_alias(spec)
    if alias is not None and alias.name == EMBEDDED and revision is None:
        directory = embedded_model(cache, on_progress, check)
        return ResolvedModel(name=directory.name, source="embedded", directory=directory)
    path = from_user(spec)
    if alias is None and is_there(path) and path.is_dir():
        return _local(path, budget)
    if alias is None and path.suffix.lower() == ".gguf":
        return _gguf(path, cache, budget, on_progress)
    hub_id = alias.target if alias else spec
    if not _HUB_ID.fullmatch(hub_id) or spec.startswith((".", "/", "~")):
        raise UserError(f"there is no model '{spec}'", _suggestion(spec))
    parameters = alias.parameters if alias else None
    return _hub(hub_id, revision, budget, on_progress, check, parameters)


def _local(directory: Path, budget: Budget) -> ResolvedModel:
    if not is_complete(directory):
        raise UserError(
            f"{directory} is not a complete checkpoint",
            "It needs config.json, the tokenizer's files and every *.safetensors file of its "
            "index. Pickled weights (*.bin) are not loaded: save them as safetensors first.",
        )
    _check_fit(directory.name, count_parameters(directory), budget)
    directory = directory.resolve()
    return ResolvedModel(name=directory.name, source=str(directory), directory=directory)


def _gguf(file: Path, cache: Path, budget: Budget, on_progress: OnProgress) -> ResolvedModel:
    if not has_file(file):
        raise UserError(f"{file} does not exist", "Check the path of the GGUF file.")
    file = file.resolve()
    status = file.stat()
    stamp = f"{file}|{status.st_size}|{status.st_mtime_ns}".encode()
    target = cache / "models" / f"{file.stem}-{hashlib.sha256(stamp).hexdigest()[:8]}"
    remove_abandoned(target.parent)
    if not is_complete(target):
        with put_in_cache(target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(target.with_name(target.name + ".lock")):
                if not is_complete(target):
                    convert_gguf(file, target, on_progress)
    _check_fit(file.name, count_parameters(target), budget)
    return ResolvedModel(name=file.stem, source=str(file), directory=target)


def _hub(
    hub_id: str,
    revision: str | None,
    budget: Budget,
    on_progress: OnProgress,
    check: Check,
    expected_parameters: int | None,
) -> ResolvedModel:
    model = HubRepository(
        id=hub_id,
        kind="model",
        revision=revision,
        instead=f"Or run `hf download {hub_id} --local-dir DIR` on another machine, copy DIR here "
        f"and give it to --model (a GGUF file works too), or use --model {EMBEDDED}, which needs "
        "no Hub.",
        if_missing=_suggestion(hub_id),
    )
    directory = cached_snapshot(model)
    if directory is None:
        if expected_parameters:
            _check_fit(hub_id, expected_parameters, budget)
        parameters = parameters_on_hub(model, check)
        if parameters:
            _check_fit(hub_id, parameters, budget)
        directory = download(model, on_progress, check)
        if not is_complete(directory):
            raise UserError(
                f"the model {hub_id} has no safetensors weights",
                "Pickled weights are not loaded: choose a model that ships safetensors.",
            )
    _check_fit(hub_id, count_parameters(directory), budget)
    return ResolvedModel(name=hub_id, source=hub_id, directory=directory, revision=directory.name)


def _suggestion(name: str) -> str:
    """What --model takes, with the names that are close to the one given."""
    known = {text.lower(): text for alias in ALIASES for text in (alias.name, alias.target)}
    close = [known[text] for text in get_close_matches(name.lower(), known, n=3)]
    question = f"Did you mean {' or '.join(close)}? " if close else ""
    names = ", ".join(alias.name for alias in ALIASES)
    return (
        f"{question}--model takes an alias ({names}), a Hub id (org/name), a directory in the "
        "Hugging Face format with safetensors, or a GGUF file."
    )


def _check_fit(name: str, parameters: int, budget: Budget) -> None:
    needed = parameters * budget.bytes_per_parameter
    if needed <= budget.bytes_available:
        return
    fitting = largest_alias_within(budget.bytes_available, budget.bytes_per_parameter)
    instead = f"--model {fitting.name} fits" if fitting else "No aliased model fits"
    raise UserError(
        f"{name} does not fit: {parameters / 1e9:.1f} billion parameters with their pruned copies "
        f"need {needed / 2**30:.1f} GiB, and {budget.bytes_available / 2**30:.1f} GiB are free",
        f"{instead}; a half-precision --dtype, fewer recipes or a larger device help too.",
        status=1,
    )

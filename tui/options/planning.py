"""From options and the config file to a `Settings` that is known to be valid."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from engine.methods.recipes import parse_recipe, pruning_method
from engine.records.decodings.registry import parse_decoding, short_forms
from engine.records.errors import UserError, shortened
from engine.records.items import Item
from engine.records.settings import DENSE, Settings
from engine.text import is_unicode
from engine.user_files import from_user, is_there
from tui.options.config import LARGEST, Config, read_config
from tui.options.options import (
    DEFAULT_LANGUAGE,
    DEFAULT_LIMIT,
    DEFAULT_METHOD,
    DEFAULT_SPARSITY,
    ModelOptions,
)
from tui.options.run_options import RunOptions

COMPRESSION_OPTIONS = ("sparsity", "method", "recipe")
PLAIN = (
    "revision",
    "calibration",
    "calibration_sequences",
    "calibration_tokens",
    "seed",
    "dtype",
    "device",
    "trust_remote_code",
    "limit",
    "closed_book",
    "prompt",
    "choice",
    "judge",
    "letters",
    "shown_candidates",
    "answer_tokens",
    "floor",
    "batch_size",
)
"""Options that are a setting of the same name."""

OptionsT = TypeVar("OptionsT", bound=ModelOptions)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a command is to do.

    Attributes:
        settings: valid as far as can be told without a model.
        engine: command of the engine; None for the one on this machine.
        directory: of the run; None where a remote engine is to choose it, or there is no run.
        items: as far as they were read here: none of what the Hub has, and of a remote engine's
            only those of a file on this machine, which it is to be sent.
        config: what the config file says.
    """

    settings: Settings
    engine: tuple[str, ...] | None
    directory: Path | None
    items: tuple[Item, ...] = ()
    config: Config = Config()


def plan_run(options: RunOptions) -> Plan:
    """Settings of a run, its items read once to find what is wrong with them.

    Raises:
        UserError: an option, the config file or the items are not valid.
    """
    config = read_config(options.config)
    merged = _with_defaults(options, config)
    engine = engine_command(options, config)
    local = engine is None
    settings = _settings(merged, config, local=local)
    directory = options.out
    items: tuple[Item, ...] = ()
    if local:
        from engine.runs.directories import default_directory

        items = check_items(settings)
        directory = (directory or default_directory(settings)).absolute()
    elif _names_file(settings.items):
        settings = msgspec.structs.replace(settings, items=_absolute(settings.items))
        items = check_items(settings)
    return Plan(settings=settings, engine=engine, directory=directory, items=items, config=config)


def plan_model(options: ModelOptions) -> Plan:
    """Settings of what needs a model and a recipe; raises as `plan_run`."""
    config = read_config(options.config)
    given = msgspec.structs.asdict(options)
    merged = _with_defaults(RunOptions(**given), config)
    engine = engine_command(options, config)
    settings = _settings(merged, config, local=engine is None)
    return Plan(settings=settings, engine=engine, directory=None)


def engine_command(options: ModelOptions, config: Config) -> tuple[str, ...] | None:
    """The engine's command as the user wrote it, split like a shell does; None for this machine."""
    text = options.engine if options.engine is not None else config.engine.command
    if text is None:
        return None
    try:
        command = tuple(shlex.split(text))
    except ValueError as error:
        raise UserError(f"--engine {text}: {error}", "Close the quotes.") from error
    if not command:
        raise UserError("--engine is empty", "Write it as --engine 'ssh gpubox illusion-engine'.")
    return command


def check_items(settings: Settings) -> tuple[Item, ...]:
    """Read the items, so that what is wrong with them is said before anything starts.

    Of a benchmark that the Hub has to send, only the name and the languages are checked, and it
    gives none.

    Raises:
        UserError: there are no such items, or they are not valid.
    """
    from engine.items.benchmarks.catalogue import hub_languages
    from engine.items.reading import read_items

    if hub_languages(settings.items):
        return ()
    return read_items(
        settings.items,
        languages=settings.languages,
        limit=settings.limit,
        seed=settings.seed,
    ).items


def _with_defaults(options: RunOptions, config: Config) -> RunOptions:
    """The options, filled in from the config file where they were not given."""
    given = msgspec.structs.asdict(options)
    defaults = msgspec.structs.asdict(config.defaults)
    _check_compression(given, "")
    _check_compression(defaults, "[defaults] of the config file: ")
    if given["recipe"]:
        defaults["sparsity"] = defaults["method"] = None
    elif given["sparsity"] or given["method"]:
        defaults["recipe"] = None
    filled = {
        name: defaults[name] if value is None or value == [] else value
        for name, value in given.items()
    }
    return RunOptions(**filled)


def _check_compression(options: dict[str, Any], where: str) -> None:
    if options["recipe"] and (options["sparsity"] or options["method"]):
        other = "--sparsity" if options["sparsity"] else "--method"
        raise UserError(
            f"{where}--recipe and {other} say the same thing twice",
            "Give the whole recipe (--recipe wanda:0.7), or --sparsity and --method.",
        )


def _check_values(options: RunOptions) -> None:
    """Refuse what no record can hold: text that is not Unicode, numbers without bounds.

    Raises:
        UserError: an option has such a value; the error names it.
    """
    for name, value in msgspec.structs.asdict(options).items():
        option = f"--{name.replace('_', '-')}"
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str | Path) and not is_unicode(str(one)):
                raise UserError(
                    f"{option} {shortened(str(one))!a} is not Unicode",
                    "Rename the file, or type the value again, in UTF-8.",
                )
            if isinstance(one, int | float) and not abs(one) < LARGEST:
                raise UserError(f"{option}: no number of any use", "Give a smaller, finite one.")


def _settings(options: RunOptions, config: Config, *, local: bool) -> Settings:
    _check_values(options)
    values: dict[str, Any] = {
        name: value for name in PLAIN if (value := getattr(options, name)) is not None
    }
    model = options.model or Settings().model
    values["model"] = config.models.get(model, model)
    values["recipes"] = _recipes(options)
    if options.against is not None and options.against != DENSE:
        values["against"] = str(parse_recipe(options.against))
    if values.get("against") in values["recipes"]:
        raise UserError(
            f"--against {values['against']} is compared with itself",
            "Name another recipe, or leave --against out to compare with the dense model.",
        )
    values["items"] = options.items or Settings().items
    values["languages"] = _split(options.language)
    if options.items is None and not values["languages"]:
        values["languages"] = (DEFAULT_LANGUAGE,)
        values.setdefault("limit", DEFAULT_LIMIT)
    values["recover"] = _split(options.recover)
    for decoding in values["recover"]:
        parse_decoding(decoding)
    if options.recover_filter is not None:
        if not values["recover"]:
            raise UserError(
                "--recover-filter says which items, but not how they are decoded",
                f"Add --recover {short_forms()}.",
            )
        from engine.analysis.recovery_items import parse_recover_filter

        parse_recover_filter(options.recover_filter)
        values["recover_filter"] = options.recover_filter
    if options.max_memory is not None:
        values["max_memory_gib"] = options.max_memory
    if local:
        for name in ("model", "items"):
            if name in values:
                values[name] = _absolute(values[name])
        if "calibration" in values:
            values["calibration"] = _absolute_sources(values["calibration"])
        values["recipes"] = tuple(map(_absolute_recipe, values["recipes"]))
        if "against" in values:
            values["against"] = _absolute_recipe(values["against"])
    return Settings(**values)


def _recipes(options: RunOptions) -> tuple[str, ...]:
    """The written recipes, each once, in the order given."""
    if options.recipe:
        written = [text for value in options.recipe for text in _split_recipes(value)]
    else:
        method, plus, modifiers = (options.method or DEFAULT_METHOD).partition("+")
        pruning_method(method)
        amounts = _split(options.sparsity) or (DEFAULT_SPARSITY,)
        written = [f"{method}:{amount}{plus}{modifiers}" for amount in amounts]
    return tuple(dict.fromkeys(str(parse_recipe(text)) for text in written))


def _split_recipes(value: str) -> list[str]:
    """Several recipes in one value, separated by commas; a checkpoint's path may hold one."""
    return [value] if value.strip().startswith("checkpoint:") else value.split(",")


def _split(values: list[str] | None) -> tuple[str, ...]:
    """The comma separated parts of all values, each once."""
    parts = (part.strip() for value in values or () for part in value.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _absolute(text: str) -> str:
    """The text with an existing path made absolute, so that a saved run opens from anywhere.

    Paths may stand after a name and a colon (`xquad:FILE,FILE`, `checkpoint:DIR`); a bare name is
    left alone, it may be an alias or a sample's name. Links are not followed: the name at their
    end may have lost its suffix.
    """
    head, colon, rest = text.partition(":")
    if colon and not _is_path(rest) and "," in rest:
        parts = (_from_here(part) if _is_path(part) else part for part in rest.split(","))
        return f"{head}:{','.join(parts)}"
    if colon and (
        _is_path(rest) or (head == "checkpoint" and is_there(Path(rest)) and Path(rest).is_dir())
    ):
        return f"{head}:{_from_here(rest)}"
    return _from_here(text) if _is_path(text) else text


def _absolute_recipe(text: str) -> str:
    """A recipe with the paths in it made absolute: of a checkpoint, of calibration text."""
    calibration = parse_recipe(text).calibration
    if calibration is None:
        return _absolute(text)
    return text.removesuffix(calibration) + _absolute_sources(calibration)


def _absolute_sources(text: str) -> str:
    """Sources of calibration text joined by a plus, or a file whose name may hold one."""
    return _absolute(text) if _is_path(text) else "+".join(map(_absolute, text.split("+")))


def _names_file(items: str) -> bool:
    """Whether items are those of a file on this machine, or of several."""
    _, _, parts = items.partition(":")
    return _is_path(items) or any(map(_is_path, (parts, *parts.split(","))))


def _is_path(text: str) -> bool:
    bare = "/" not in text and "\\" not in text and "." not in text
    return bool(text) and not bare and is_there(from_user(text))


def _from_here(text: str) -> str:
    return os.path.normpath(from_user(text).absolute())

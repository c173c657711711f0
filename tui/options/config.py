"""The user's config file."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from engine.records.errors import UserError, shortened
from engine.user_files import read_file
from tui.options.run_options import NOT_IN_CONFIG, RunOptions
from tui.options.signatures import lower_bounds

LISTS = frozenset({"sparsity", "recipe", "language", "recover"})
"""Options that take several values: in the file a list, or one value."""


LARGEST = 1 << 63


class EngineConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section `[engine]`: the command that reaches the engine."""

    command: str | None = None


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the config file says.

    Attributes:
        defaults: defaults of the common options.
        models: the user's own names: alias to Hub id or path.
        engine: where the engine is.
        keys: the user's own, by what they do; checked where there is a screen.
    """

    defaults: RunOptions = RunOptions()
    models: dict[str, str] = {}
    engine: EngineConfig = EngineConfig()
    keys: dict[str, str | list[str]] = {}


def default_path() -> Path:
    """Where the config file is looked for when `--config` doesn't say."""
    return platformdirs.user_config_path("illusion-tui") / "config.toml"


def read_config(path: Path | None = None) -> Config:
    """Read the config file; without `path`, the user's, which may be missing.

    Raises:
        UserError: the file is missing (when named), not TOML, or holds an unknown name or a value
            of the wrong type.
    """
    file = path or default_path()
    try:
        text = read_file(file).decode("utf-8")
    except FileNotFoundError:
        if path is None:
            return Config()
        raise UserError(f"there is no config file {file}", "Check --config.") from None
    except OSError as error:
        raise UserError(
            f"the config file {file} can't be read: {error.strerror}", "Check --config."
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(
            f"the config file {file} is not UTF-8: {error.reason} at byte {error.start}",
            "Save it as UTF-8.",
        ) from error
    try:
        data = tomllib.loads(text)
    except (ValueError, OverflowError) as error:
        # TOML's own error is a ValueError; that of a number of thousands of digits is no other.
        raise UserError(
            f"{file} is not TOML: {error}", "See https://toml.io for how it is written."
        ) from error
    except RecursionError as error:
        raise UserError(
            f"{file} is nested too deeply", "A config file has sections of plain values."
        ) from error
    return _convert(file, data)


def _convert(file: Path, data: dict[str, Any]) -> Config:
    _check_names(file, "section", data, Config.__struct_fields__)
    for section, content in data.items():
        if not isinstance(content, dict):
            raise UserError(f"{file}: '{section}' must be a section, written [{section}]")
    defaults = {name.replace("_", "-"): value for name, value in data.get("defaults", {}).items()}
    _check_names(file, "option in [defaults]", defaults, _options())
    _check_names(file, "name in [engine]", data.get("engine", {}), ("command",))
    for name in LISTS & defaults.keys():
        defaults[name] = _texts(defaults[name])
    try:
        config = msgspec.convert({**data, "defaults": defaults}, Config)
    except (msgspec.ValidationError, RecursionError) as error:
        raise UserError(f"{file}: {_in_words(str(error))}") from error
    for name, least in lower_bounds(RunOptions).items():
        value = getattr(config.defaults, name)
        if value is not None and value < least:
            raise UserError(f"{file}: defaults.{name}: {value} is less than {least:g}")
    return config


def _options() -> set[str]:
    """The options that the file may have."""
    return {name for name in RunOptions.__struct_encode_fields__ if name not in NOT_IN_CONFIG}


def _texts(value: Any) -> Any:
    """The value as a list of texts, where it can be one: 0.7, "0.7" and [0.5, 0.7] are alike."""
    values = value if isinstance(value, list) else [value]
    return [str(v) if _is_number(v) else v for v in values]


def _is_number(value: Any) -> bool:
    """Whether it can be written out: neither true or false, nor a number of thousands of digits."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST


def _check_names(file: Path, what: str, given: Collection[str], known: Collection[str]) -> None:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            if what == "section" and name.replace("_", "-") in _options():
                hint = f"An option stands under [defaults]: {name} = …"
                raise UserError(f"{file}: unknown {what}: '{name}'", hint)
            hint = f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(sorted(known))}."
            raise UserError(f"{file}: unknown {what}: '{shortened(name)}'", hint)


def _in_words(error: str) -> str:
    """Put the place first: msgspec says "Expected `int`, got `str` - at `$.defaults.limit`"."""
    what, _, where = error.partition(" - at `$.")
    return f"{where.rstrip('`')}: {what}" if where else what

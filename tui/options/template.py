"""A config file to begin with: everything that it may say, commented out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap
from typing import Any, get_args, get_type_hints

from rich.text import Text

from tui.options.options import PANELS
from tui.options.registry_help import filled
from tui.options.run_options import NOT_IN_CONFIG, RunOptions

WIDTH = 96

_DEFAULT = re.compile(r"\s*\[dim\]\\\[default (?P<value>.*)\]\[/dim\]$")
_PLACEHOLDER = re.compile(r"[a-z0-9.:]+|[0-9.]+")

HEAD = """\
# What illusion-tui takes for granted. A line counts when the # before its name is gone; an option
# on the command line goes first.
"""

FOOT = """\
# Names of your own for models: a Hub id or a path.
[models]
# small = "Qwen/Qwen3-0.6B"

# The command that reaches the engine. Paths are then that machine's, but for a file of items.
[engine]
# command = "ssh gpubox illusion-engine"
"""


def template() -> str:
    """The file, in TOML: as it stands it says nothing."""
    return "\n".join((HEAD, "[defaults]", *_options(), "", FOOT))


def _options() -> Iterator[str]:
    hints = {
        name: hint
        for name, hint in get_type_hints(RunOptions, include_extras=True).items()
        if name not in NOT_IN_CONFIG
    }
    for panel in PANELS:
        named = {
            name: hint
            for name, hint in hints.items()
            if hint.__metadata__[0].rich_help_panel == panel
        }
        if named:
            yield f"\n# -- {panel.lower()} --"
        for name, hint in named.items():
            yield from _option(name.replace("_", "-"), hint)


def _option(name: str, hint: Any) -> Iterator[str]:
    note = hint.__metadata__[0]
    found = _DEFAULT.search(note.help)
    default = found["value"] if found else ""
    told = Text.from_markup(filled(_DEFAULT.sub("", note.help))).plain
    told += f" Default: {default}." if default else ""
    yield ""
    for line in wrap(told, WIDTH - 2):
        yield f"# {line}"
    yield f"# {name} = {_value(default, hint)}"


def _value(default: str, hint: Any) -> str:
    """The default as TOML; where that is no value, what stands for one in the help."""
    note = hint.__metadata__[0]
    if bool in get_args(hint.__origin__):
        return "true" if default == "yes" else "false"
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", default):
        return default
    if getattr(note, "min", None) is not None:
        return "100"
    if _PLACEHOLDER.fullmatch(default):
        return f'"{default}"'
    return f'"{note.metavar or ""}"'

"""The user's own keys: section `[keys]` of the config file, checked against what can be done."""

from __future__ import annotations

import difflib
import string
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import NoReturn

from textual.binding import Binding
from textual.keys import Keys

from engine.records.errors import UserError, shortened
from tui.acting import ActingApp, ActingScreen, shown_key
from tui.actions import Action

Written = Mapping[str, str | Sequence[str]]
"""A key, or several (in a list, or separated by commas), by the id of an action."""

WIDTH = 96
NEAREST, FREE = 3, 8
MODIFIERS = {"ctrl", "shift", "alt", "super", "hyper", "meta"}
TAKEN = "ctrl+q"
"""Quits any app of Textual, before anything else is asked."""

_SPACED = {" ": "space", ",": "comma"}
_NAMED = {key.value for key in Keys if "+" not in key.value and not key.value.startswith("<")}


def bound_keys(written: Written, app: type[ActingApp], file: Path) -> dict[str, str]:
    """The keys of actions as Textual names them, separated by commas, by the actions' ids.

    Args:
        written: what the config file says.
        app: whose actions they are.
        file: the config file, for errors.

    Raises:
        UserError: there is no such action or key, or a screen would have a key twice.
    """
    known = actions_by_id(app)
    keys: dict[str, str] = {}
    for name, value in written.items():
        where = f"{file}: [keys] {shortened(name)}"
        if name not in known:
            _refuse_name(where, name, known)
        keys[name] = ",".join(_keys_of(value, where))
        if any(action.priority for action in known[name]):
            _check_priority(keys[name], known[name], where)
    _check_screens(keys, app, file)
    return keys


def actions_by_id(app: type[ActingApp]) -> dict[str, list[Action]]:
    """Everything that can be done, by what the config file calls it."""
    found: dict[str, list[Action]] = {}
    for actions in app.every_action().values():
        for action in actions:
            found.setdefault(action.id, []).append(action)
    return found


def keys_template(app: type[ActingApp]) -> str:
    """The section as a config file to begin with has it: every action with its keys, as comments.

    As it stands it says nothing.
    """
    about = (
        "Keys of your own, by what they do: a character, or a name such as f5, ctrl+b, space, "
        "escape, up or pagedown; several in a list. They take the place of those that stand here, "
        "on every screen where that can be done."
    )
    lines = [*(f"# {line}" for line in wrap(about, WIDTH - 2)), "[keys]"]
    told: set[str] = set()
    for group, actions in app.every_action().items():
        own = [action for action in actions if action.id not in told]
        lines += ["", f"# -- {group.lower()} --"] if own else []
        for action in own:
            told.add(action.id)
            listed = [_typed(key) for key in action.key.split(",")]
            value = listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"
            lines.append(f"# {action.id} = {value}")
    return "\n".join((*lines, ""))


def _typed(key: str) -> str:
    """A key as TOML: the character itself where it has one."""
    shown = shown_key(key)
    text = shown if len(shown) == 1 and shown in string.printable else key
    return f"'{text}'" if text in ('"', "\\") else f'"{text}"'


def _refuse_name(where: str, name: str, known: Iterable[str]) -> NoReturn:
    near = difflib.get_close_matches(name.lower(), known, n=NEAREST, cutoff=0.5)
    listed = "'illusion-tui config' lists them all."
    hint = f"Did you mean {' or '.join(near)}? {listed}" if near else listed
    raise UserError(f"{where}: there is no such action", hint)


def _keys_of(value: str | Sequence[str], where: str) -> list[str]:
    """The keys that are written, as Textual names them; raises `UserError`."""
    listed = [value] if isinstance(value, str) else list(value)
    parts = [
        part.strip() if len(part) > 1 else part
        for text in listed
        for part in ([text] if len(text) == 1 else text.split(","))
    ]
    if not parts:
        raise UserError(f"{where}: no key", "Give one, or leave the line out.")
    return list(dict.fromkeys(_named(part, where) for part in parts))


def _named(text: str, where: str) -> str:
    """A key as Textual names it; `^b` is a way to write `ctrl+b`."""
    written = f"ctrl+{text[1]}" if len(text) == 2 and text[0] == "^" else text
    head, _, last = written.rpartition("+") if len(written) > 1 else ("", "", written)
    modifiers = head.lower().split("+") if head else []
    if len(last) > 1 or modifiers not in ([], ["shift"]):
        last = last.lower()
    if modifiers == ["shift"] and len(last) == 1 and last.isalpha():
        modifiers, last = [], last.upper()
    last = _SPACED.get(last, last)
    if len(last) == 1 and last.isprintable():
        [binding] = Binding.make_bindings([Binding(last, "")])
        last = binding.key
    elif last not in _NAMED and shown_key(last) == last:
        last = ""
    if not last or not set(modifiers) <= MODIFIERS:
        raise UserError(
            f"{where}: '{shortened(text)}' is no key",
            "Write a character, or a name such as f5, ctrl+b, space, escape, up, pagedown.",
        )
    return "+".join((*modifiers, last))


def _check_priority(keys: str, actions: Sequence[Action], where: str) -> None:
    """What works while a field is typed in must have keys that type nothing."""
    declared = {key for action in actions for key in action.key.split(",")}
    for key in keys.split(","):
        if len(shown_key(key)) == 1 and key not in declared:
            raise UserError(
                f"{where}: it works while text is typed, and '{shown_key(key)}' is text",
                "Take a key that types nothing, such as f10 or ctrl+x.",
            )


def _check_screens(keys: Mapping[str, str], app: type[ActingApp], file: Path) -> None:
    """Refuse a key that means two things on one screen; what is declared so stays so."""
    for screen in app.SCREEN_CLASSES:
        bound: dict[str, Action] = {TAKEN: _QUIT}
        for action in _actions_over(screen, app):
            own = keys.get(action.id)
            for key in (own or action.key).split(","):
                other = bound.setdefault(key, action)
                declared = key in action.key.split(",") and key in other.key.split(",")
                if other.id == action.id or declared or not {action.id, other.id} & keys.keys():
                    continue
                name, taken = (other, action) if own is None else (action, other)
                free = _free(screen, app, keys)
                raise UserError(
                    f"{file}: [keys] {name.id}: '{shown_key(key)}' is {taken.id} already, "
                    f"on the screen {_name(screen)}",
                    f"Free there: {' '.join(free)}; or give {taken.id} another key.",
                )


_QUIT = Action(TAKEN, "quit", "quit", "", "")


def _actions_over(screen: type[ActingScreen], app: type[ActingApp]) -> list[Action]:
    """What can be done on a screen, in the order in which its keys are looked for."""
    owners = (*screen.WIDGETS, screen)
    return [
        *(
            Action(binding.key, binding.action, binding.id, "", "")
            for widget in screen.SILENT
            for binding in widget.BINDINGS
            if isinstance(binding, Binding) and binding.id
        ),
        *(action for owner in owners for action in owner.all_actions()),
        *app.actions_over(screen),
    ]


def _free(
    screen: type[ActingScreen], app: type[ActingApp], keys: Mapping[str, str]
) -> Sequence[str]:
    taken = {
        key
        for action in _actions_over(screen, app)
        for key in keys.get(action.id, action.key).split(",")
    }
    return [letter for letter in string.ascii_letters if letter not in taken][:FREE]


def _name(screen: type[ActingScreen]) -> str:
    """What a screen is called; the first one is the items."""
    return screen.OPENS.name if screen.OPENS else "items"

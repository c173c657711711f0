"""Filters that were saved under a name, which `@name` stands for in a filter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import msgspec
import platformdirs

from engine.files import held, write_atomically
from engine.records.errors import UserError, shortened

SIGN = "@"
_NAME = re.compile(r"[\w.-]{1,40}")
_USES = re.compile(r'"[^"]*"?|(?<!\S)(?P<minus>-?)@(?P<name>[\w.-]+)(?!\S)')
_PART = re.compile(r'(?:[^\s"]|"[^"]*")+')


def saved_filters_path() -> Path:
    """Where they are kept: one file for all runs."""
    return platformdirs.user_state_path("illusion-tui") / "saved-filters.json"


def saved_filters() -> dict[str, str]:
    """The filters by their names, in the order of the names.

    Raises:
        UserError: the file can't be read, or is no table of filters.
    """
    path = saved_filters_path()
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except OSError as error:
        reason = error.strerror or str(error)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason = str(error)
    else:
        return dict(sorted(found.items()))
    raise UserError(
        f"the saved filters can't be read: {path}: {reason}",
        "Mend the file (an object of names and filters), or delete it.",
    )


def save_filter(name: str, text: str) -> str | None:
    """Keep a filter under a name; gives the one that it replaces.

    Raises:
        UserError: the name is none, the filter is empty or names itself, or the file can't be read
            or written.
    """
    name = name.strip().removeprefix(SIGN)
    if not _NAME.fullmatch(name):
        raise UserError(
            f"'{shortened(name)}' is no name of a filter",
            "Use up to 40 letters, digits, dots, hyphens and underscores.",
        )
    if not text.strip():
        raise UserError("there is no filter to save", "Type one, or show one outcome.")
    with _changed() as found:
        before = found.get(name)
        # It holds what it says now, whatever becomes of the filters that it names.
        found[name] = expanded(text.strip(), found)
    return before


def forget_filter(name: str) -> str | None:
    """Delete a saved filter; gives what it was, None where there was none.

    Raises:
        UserError: the file can't be read or written.
    """
    with _changed() as found:
        return found.pop(name, None)


@contextmanager
def _changed() -> Iterator[dict[str, str]]:
    """The filters, which are written back as they are left."""
    path = saved_filters_path()
    try:
        with held(path, lambda: None):
            found = saved_filters()
            yield found
            write_atomically(path, msgspec.json.format(msgspec.json.encode(found)))
    except OSError as error:
        raise UserError(
            f"the saved filters can't be written: {path}: {error.strerror}",
            "Check that the directory may be written to, and has room.",
            status=1,
        ) from error


def expanded(text: str, saved: Mapping[str, str] | None = None) -> str:
    """A filter with what its `@name`s stand for; quotation marks keep one as text.

    Args:
        text: of the filter.
        saved: filters by name; None for those on disk, which are read only where one is named.

    Raises:
        UserError: there is no filter of a name, it can't be negated, or the file can't be read.
    """
    if SIGN not in text:
        return text
    return _expanded(text, saved_filters() if saved is None else saved, ())


def _expanded(text: str, saved: Mapping[str, str], within: tuple[str, ...]) -> str:
    def meant(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        if name not in saved:
            raise _unknown(name, saved)
        if name in within:
            raise UserError(
                f"filter: {SIGN}{name} stands for itself: {saved[name]}",
                "Save it anew without its own name.",
            )
        found = _expanded(saved[name], saved, (*within, name))
        return _negated(name, found) if match["minus"] else found

    return _USES.sub(meant, text)


def _unknown(name: str, saved: Mapping[str, str]) -> UserError:
    near = get_close_matches(name, list(saved), n=3)
    meant = f"; perhaps {' or '.join(map(SIGN.__add__, near))}" if near else ""
    listed = ", ".join(map(SIGN.__add__, saved))
    return UserError(
        f"filter: no filter is saved as '{SIGN}{shortened(name)}'{meant}",
        f"{f'Saved: {listed}. ' if listed else ''}"
        f'To look for the text itself, put quotation marks around it: "{SIGN}{shortened(name)}".',
    )


def _negated(name: str, text: str) -> str:
    parts = _PART.findall(text)
    if len(parts) != 1:
        raise UserError(
            f"filter: '-{SIGN}{name}' negates {len(parts)} conditions that must all hold",
            f"Negate one condition at a time. {SIGN}{name} is: {text}",
        )
    part: str = parts[0]
    return part[1:] if part.startswith("-") else f"-{part}"

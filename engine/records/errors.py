"""The error that a person can mend."""

from __future__ import annotations

LONGEST = 1_000
"""Characters of a message or a hint, which name what a file of any size holds."""
LONGEST_NAME = 80
"""Characters of a name or a value within one."""

UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading runs into where data of another program is not shaped as it was taken to be."""


class UserError(Exception):
    """Something the user can mend: `message` says what, `hint` what to do next.

    `status` is the exit status of a command: 2 for bad usage or bad input, 1 for the rest. What is
    too long to be read is cut in its middle, and bytes that are no text are written out: an error
    can always be shown, and told to another process.
    """

    def __init__(self, message: str, hint: str = "", *, status: int = 2) -> None:
        self.message = shortened(_as_text(message), LONGEST)
        self.hint = shortened(_as_text(hint), 2 * LONGEST)
        super().__init__(self.message)
        self.status = status


def shortened(text: str, most: int = LONGEST_NAME) -> str:
    """The text in at most so many characters, its beginning and its end."""
    if len(text) <= most:
        return text
    tail = most // 3
    return f"{text[: most - tail - 1]}…{text[-tail:]}"


def _as_text(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


def in_one_line(message: str, hint: str) -> str:
    """A message, which has no full stop, and its hint as sentences one after the other."""
    return f"{message}. {hint}" if hint else message


class Cancelled(Exception):
    """Work was stopped because it was asked to stop; nothing half-made is left behind."""

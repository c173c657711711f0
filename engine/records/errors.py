"""The error that a person can mend."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend: `message` says what, `hint` what to do next.

    `status` is the exit status of a command: 2 for bad usage or bad input, 1 for the rest.
    """

    def __init__(self, message: str, hint: str = "", *, status: int = 2) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status


def in_one_line(message: str, hint: str) -> str:
    """A message, which has no full stop, and its hint as sentences one after the other."""
    return f"{message}. {hint}" if hint else message


class Cancelled(Exception):
    """Work was stopped because it was asked to stop; nothing half-made is left behind."""

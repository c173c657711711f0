"""How a variant is made."""

from __future__ import annotations

from typing import ClassVar, Self

import msgspec

from engine.records.errors import UserError

KEEP = "keep="
"""Before the blocks that are left dense: "wanda:0.5+keep=0.2.18"."""


class RecipeError(UserError):
    """A written recipe that can't be understood; the message says what would have been valid."""


class Amount(msgspec.Struct, frozen=True):
    """How much of a method. Every kind of amount is a subclass that knows its written form.

    Attributes:
        forms: how it can be written, with names for the numbers: "BITS", "BITS:GROUP".
        meaning: what that says, as a phrase for help texts.
        verbatim: whether the written form may contain anything, "+" and ":" included.
    """

    forms: ClassVar[tuple[str, ...]]
    meaning: ClassVar[str]
    verbatim: ClassVar[bool] = False

    @classmethod
    def parse(cls, parts: list[str]) -> Self:
        """Read the written form, split at ":" into as many parts as one of `forms` has.

        Raises:
            ValueError: as a clause that says what was expected.
        """
        raise NotImplementedError

    def __str__(self) -> str:
        """The written form."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """The form for screens: "45 %"."""
        return str(self)

    @property
    def target_sparsity(self) -> float:
        """The share of zeros asked for in every matrix; 0 where none are."""
        return 0.0


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How a variant is made.

    Attributes:
        method: name of a method.
        amount: how much of it; of a kind that the method takes.
        modifiers: names of modifiers, in the order in which modifiers are listed.
        calibration: the source of its own calibration text; None for that of the settings.
        kept: indices of decoder blocks that are left dense, ascending.
    """

    method: str
    amount: Amount
    modifiers: tuple[str, ...] = ()
    calibration: str | None = None
    kept: tuple[int, ...] = ()

    @property
    def target_sparsity(self) -> float:
        """The share of zeros asked for in the pruned matrices; 0 for methods that make none."""
        return self.amount.target_sparsity

    def __str__(self) -> str:
        """The written form."""
        own = "" if self.calibration is None else f"@{self.calibration}"
        kept = [f"{KEEP}{'.'.join(map(str, self.kept))}"] if self.kept else []
        return "+".join((f"{self.method}:{self.amount}", *self.modifiers, *kept)) + own

    @property
    def label(self) -> str:
        """Short form for screens: "wanda 45 %", "sparsegpt 2:4", "wanda 45 % +gold @chat"."""
        own = "" if self.calibration is None else f" @{self.calibration}"
        kept = [f"{KEEP}{'.'.join(map(str, self.kept))}"] if self.kept else []
        return " +".join((f"{self.method} {self.amount.label}", *self.modifiers, *kept)) + own

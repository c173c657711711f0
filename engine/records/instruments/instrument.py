"""What every instrument has: a name, a help, and the record of what it finds."""

from __future__ import annotations

from typing import ClassVar, Self

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Base of what instruments find of an item; the tag of a subclass is that of its instrument.

    Attributes:
        item_id: of the item.
        variant: that was looked into.
        instrument: as it was applied; a subclass narrows its type.
        answer: the gold answer or alias that this is about.
    """

    item_id: str
    variant: str
    instrument: Instrument
    answer: str

    @property
    def name(self) -> str:
        """The kind of the instrument."""
        return str(self.__struct_config__.tag)

    @property
    def sentence(self) -> str:
        """What was found, in a sentence without its full stop."""
        raise NotImplementedError


class Instrument(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Base of all instruments. The tag of a subclass names its kind: "depth".

    Every field has a default. A module of this package, or an entry point of the group
    `illusion_tui.instruments`, registers a kind by its defaults.

    Attributes:
        title: of the kind in menus and help.
        help: a sentence that says what it tells.
        key: that shows it on the x-ray screen.
        finds: the record of what it finds.
        place: among the others, lowest first.
        unasked: whether it is applied where none is named.
        compares: whether it looks at a variant beside the dense model, so that there is nothing to
            see in the dense model itself.
        pooled: whether its findings of many items together make a figure.
    """

    title: ClassVar[str]
    help: ClassVar[str]
    key: ClassVar[str]
    finds: ClassVar[type[Finding]]
    place: ClassVar[int] = 99
    unasked: ClassVar[bool] = True
    compares: ClassVar[bool] = True
    pooled: ClassVar[bool] = False

    @property
    def over_many(self) -> Self:
        """As it is applied to many items while somebody waits."""
        return self

    @property
    def name(self) -> str:
        """The name of the kind."""
        return str(self.__struct_config__.tag)


FindingKey = tuple[str, str, Instrument]
"""Item, variant and instrument: two findings with the same key are the same."""


def finding_key(finding: Finding) -> FindingKey:
    """The key of a finding within its run."""
    return finding.item_id, finding.variant, finding.instrument


def signed(value: float) -> str:
    """A difference with its sign, in two decimals: "+1.20", "−0.03", "0.00"."""
    text = f"{abs(value):.2f}"
    return text if float(text) == 0 else f"{'+' if value > 0 else '−'}{text}"

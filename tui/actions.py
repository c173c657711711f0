"""What a person can do: one record per action, and the headings that help puts them under."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from engine.analysis.outcomes import OUTCOME_MARKS

OUTCOMES = ("all", *OUTCOME_MARKS)
"""What the keys 0 to 5 show."""

RE_DECODE, SHOW, FIND, NOTE, MOVE, RUN, LAB, X_RAY, MEND, STAGE = (
    "Re-decode",
    "Look closer",
    "Find",
    "Take notes",
    "Move",
    "Run",
    "In the lab",
    "In the x-ray",
    "While mending",
    "On the stage",
)
GROUPS = (RE_DECODE, SHOW, FIND, NOTE, MOVE, RUN, LAB, X_RAY, MEND, STAGE)
"""The help's headings in their order; a group that is not among them comes last."""


@dataclass(frozen=True)
class Action:
    """One thing that a person can do.

    Attributes:
        key: as Textual names keys; several separated by commas.
        name: the method behind it without "action_", with its arguments.
        label: a word or two for the footer.
        help: one sentence for help and command palette.
        group: heading in the help.
        footer: its position in the footer, lowest first; None keeps it out. Where room is short,
            the last two stay and those before them give way.
        shown: how the key is written; None for the key itself.
        priority: the key works even while a field is being typed in.
        slug: what the config file calls it; None for the label. Equal ones have equal keys there.
    """

    key: str
    name: str
    label: str
    help: str
    group: str
    footer: int | None = None
    shown: str | None = None
    priority: bool = False
    slug: str | None = None

    @property
    def id(self) -> str:
        """What the config file calls it."""
        return self.slug or re.sub(r"[^a-z0-9]+", "-", self.label.lower()).strip("-")

    @property
    def key_text(self) -> str:
        """How the key is written on screen."""
        return self.shown or self.key.split(",")[0]

    @property
    def title(self) -> str:
        """Name in the command palette."""
        return self.label[0].upper() + self.label[1:]


def grouped(actions: Iterable[Action]) -> dict[str, list[Action]]:
    """The actions by heading, each once, headings in the help's order."""
    groups: dict[str, list[Action]] = {group: [] for group in GROUPS}
    for action in dict.fromkeys(actions):
        groups.setdefault(action.group, []).append(action)
    return {group: members for group, members in groups.items() if members}

"""One question and its answers."""

from __future__ import annotations

import msgspec

BORROWED = "borrowed options"
"""What is said of an item whose options were drawn from other items' answers."""


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One question with its gold answers.

    Attributes:
        id: stable and unique within an items file.
        language: BCP 47 tag ("en", "zh-Hans").
        question: the question as asked.
        gold: the canonical gold answer; empty only of a question that a user asked without one.
        aliases: further right answers.
        options: the candidates of multiple choice, the gold answer among them; empty if none.
        stem: the statement that the answer completes ("The capital of France is").
        passage: the text that the question is about.
        kind: what sort of answer is asked for ("capital", "number", "date").
        distractors: where the options came from when the source had none.
    """

    id: str
    language: str
    question: str
    gold: str
    aliases: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    stem: str | None = None
    passage: str | None = None
    kind: str | None = None
    distractors: str | None = None

    @property
    def answers(self) -> tuple[str, ...]:
        """Every right answer, the canonical gold first."""
        return (self.gold, *self.aliases) if self.gold else self.aliases

    @property
    def gold_index(self) -> int | None:
        """The place of the gold answer among the options, or None where there are no options."""
        return self.options.index(self.gold) if self.gold in self.options else None

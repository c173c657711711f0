"""One line of the item table: an item with the two scores that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.analysis.metrics.metric import Value
from engine.records.annotations import NOTHING, Annotation
from engine.records.hypotheses import Redecode
from engine.records.items import Item
from engine.records.scores import Answer, Score, ScoredItem
from engine.text import harmless


@dataclass(frozen=True, slots=True)
class Row:
    """An item under the reference and under one compressed variant.

    Attributes:
        outcome: the pair's category; None where an open answer or its verdict is absent.
        back: the re-decodes that brought the gold answer back under the compressed variant.
        values: the columns of the table of pairs, by name.
        annotation: what a person noted of the item.
        asked: it is no item of the run, but a question that a user asked.
    """

    scored: ScoredItem
    reference: Score
    variant: Score
    outcome: str | None
    back: tuple[Redecode, ...] = ()
    values: Mapping[str, Value] = field(kw_only=True)
    annotation: Annotation = field(default=NOTHING, kw_only=True)
    asked: bool = field(default=False, kw_only=True)

    @property
    def item(self) -> Item:
        return self.scored.item


def answer_text(answer: Answer | None) -> str:
    """An answer without the space that tokens begin with; nothing where there is none."""
    if answer is None:
        return ""
    return answer.text.strip(" ") or answer.text


def plain_text(row: Row, reference: str, variant: str) -> str:
    """A row as text for the clipboard: as it is in the data, but for characters that would act
    where it is pasted."""
    item = row.item
    text = "\n".join(
        (
            f"id: {item.id}",
            f"question: {item.question}",
            f"gold: {' | '.join(item.answers)}",
            f"outcome: {row.outcome or 'unknown'}",
            *(_plain_score(row.reference, reference)),
            *(_plain_score(row.variant, variant)),
        )
    )
    return harmless(text)


def _plain_score(score: Score, label: str) -> list[str]:
    facts = []
    if score.open is not None and score.open.judgement.correct is not None:
        by_hand = " by hand" if score.open.overruled else ""
        facts.append(f"{'right' if score.open.judgement.correct else 'wrong'}{by_hand}")
    if score.gold is not None:
        facts.append(f"gold rank {score.gold.rank}, probability {score.gold.probability:.4f}")
    noted = f" ({'; '.join(facts)})" if facts else ""
    return [f"{label}: {answer_text(score.open)}{noted}"]

"""What re-decoding would bring back by chance: without it, many hypotheses look like a recovery."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from engine.judging import judge
from engine.judging.background import Background
from engine.records.decodings.decoding import Decoding
from engine.records.hypotheses import Redecode
from engine.runs.reading import Run


class Chance:
    """How many items re-decoding brings back when another item's gold answers stand for their own.

    An item's own answers are replaced by those of an item drawn at random, uniformly, from the
    others of the same language and kind that share no answer with it; it counts as brought back if
    one of the same hypotheses is right by the run's judge (under the rule "f1": if one contains the
    answer and is right). The figure is the mean over all such draws, which is exact: for an item
    the share of the others whose answers its hypotheses contain, summed over the items. A seeded
    permutation gives one such draw, and the mean of many tends to this.

    Args:
        run: with its items and re-decodes.
        variant: whose re-decodes are looked at.
    """

    def __init__(self, run: Run, variant: str) -> None:
        self._items = {item.id: item for item in run.items}
        self._background = Background(run.items, run.manifest.settings.answer_tokens)
        self._rule = run.manifest.settings.judge
        self._found: dict[Decoding, dict[str, frozenset[str]]] = defaultdict(dict)
        for redecode in run.redecodes:
            if redecode.variant == variant and redecode.item_id in self._items:
                self._found[redecode.decoding][redecode.item_id] = self._others_in(redecode)

    def expected(self, decodings: Iterable[Decoding], items: Iterable[str]) -> float | None:
        """How many of the items come back by any of the decodings, on average.

        None where there is no other answer to be drawn for any of them.
        """
        found = [self._found.get(decoding, {}) for decoding in decodings]
        shares = []
        for item_id in items:
            others = self._background.others(self._items[item_id])
            if others:
                hit = frozenset[str]().union(*(by_item.get(item_id, ()) for by_item in found))
                shares.append(len(hit) / others)
        return sum(shares) if shares else None

    def _others_in(self, redecode: Redecode) -> frozenset[str]:
        item = self._items[redecode.item_id]
        found = set()
        for hypothesis in redecode.hypotheses:
            for named in self._background.named(hypothesis.text, item):
                if named.item_id in found:
                    continue
                answers = self._items[named.item_id].answers
                if judge(hypothesis.text, answers, item.language, self._rule).correct:
                    found.add(named.item_id)
        return frozenset(found)

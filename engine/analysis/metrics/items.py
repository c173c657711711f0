"""What the item is, and what became of it."""

from __future__ import annotations

from engine.analysis.metrics.metric import PairMetric
from engine.analysis.outcomes import OUTCOME_MARKS
from engine.analysis.pairing import never_choice_correct, outcome

METRICS = (
    PairMetric(
        name="item_id",
        type=str,
        title="item",
        help="Id of the item.",
        short="id",
        matched="whole",
        value=lambda pair: pair.item.id,
    ),
    PairMetric(
        name="language",
        type=str,
        title="language",
        help="Language of the item; zh stands for zh-Hans and zh-Hant, too.",
        short="lang",
        matched="tag",
        value=lambda pair: pair.item.language,
    ),
    PairMetric(
        name="question",
        type=str,
        title="question",
        help="The question.",
        searched=True,
        value=lambda pair: pair.item.question,
    ),
    PairMetric(
        name="gold",
        type=str,
        title="gold answer",
        help="The canonical gold answer.",
        searched=True,
        value=lambda pair: pair.item.gold,
    ),
    PairMetric(
        name="aliases",
        type=str,
        title="aliases",
        help="The other gold answers.",
        searched=True,
        value=lambda pair: " | ".join(pair.item.aliases) or None,
    ),
    PairMetric(
        name="kind",
        type=str,
        title="kind",
        help="Kind of question, where the items name kinds.",
        matched="whole",
        value=lambda pair: pair.item.kind,
    ),
    PairMetric(
        name="has_passage",
        type=bool,
        title="passage",
        help="Whether the answer is to be found in a passage.",
        short="passage",
        value=lambda pair: pair.item.passage is not None,
    ),
    PairMetric(
        name="gold_length",
        type=int,
        title="gold length",
        help="Characters of the gold answer.",
        value=lambda pair: len(pair.item.gold),
    ),
    PairMetric(
        name="borrowed",
        type=bool,
        title="borrowed options",
        help="Whether its options are other items' answers.",
        bare=True,
        value=lambda pair: pair.item.distractors is not None,
    ),
    PairMetric(
        name="variant",
        type=str,
        title="variant",
        help="The pruned variant.",
        matched="whole",
        value=lambda pair: pair.variant,
    ),
    PairMetric(
        name="outcome",
        type=str,
        title="outcome",
        help="What became of the open answer.",
        matched="whole",
        values=tuple(OUTCOME_MARKS),
        value=lambda pair: outcome(pair.dense, pair.pruned),
    ),
    PairMetric(
        name="never_choice_correct",
        type=bool,
        title="choice right, never written",
        help="Whether the pruned choice is right where neither open answer is.",
        value=lambda pair: never_choice_correct(pair.dense, pair.pruned),
    ),
)

"""What a person noted of the item."""

from __future__ import annotations

from engine.analysis.metrics.metric import EACH, PairMetric, SideMetric

METRICS = (
    PairMetric(
        name="starred",
        type=bool,
        title="starred",
        help="Whether the item is starred; the word alone asks for those that are.",
        bare=True,
        by_hand=True,
        value=lambda pair: pair.annotation.starred,
    ),
    PairMetric(
        name="tags",
        type=str,
        title="tags",
        help="The tags that a person gave the item; tag:a,b asks for either.",
        short="tag",
        matched="each",
        by_hand=True,
        value=lambda pair: EACH.join(pair.annotation.tags) or None,
    ),
    PairMetric(
        name="note",
        type=str,
        title="note",
        help="What a person noted of the item.",
        by_hand=True,
        value=lambda pair: pair.annotation.note or None,
    ),
    SideMetric(
        name="overruled",
        type=bool,
        title="overruled",
        help="Whether the verdict on the open answer was corrected by hand; the word alone asks "
        "for either answer.",
        bare=True,
        by_hand=True,
        value=lambda score: None if score.open is None else score.open.overruled,
    ),
)

"""How likely the gold answer is."""

from __future__ import annotations

import operator

from engine.analysis.metrics.metric import SideMetric, Summed, TableColumn
from engine.records.scores import GoldScore


def rank_text(rank: int) -> str:
    """A rank in at most four cells: 1, 999, 4821, 12k."""
    return str(rank) if rank < 10_000 else f"{rank // 1000}k"


def probability_text(probability: float) -> str:
    """A probability in three cells: .81, 1.0; a small one as .00 but a tiny one as ~0."""
    if probability >= 0.995:
        return "1.0"
    if probability < 0.0005:
        return " ~0"
    return f"{probability:.2f}"[1:]


def _percent(probability: float) -> str:
    return f"{100 * probability:.1f} %"


def _worst_token(gold: GoldScore | None) -> str | None:
    return None if gold is None else max(gold.tokens, key=lambda token: token.rank).text


def _worst_probability(gold: GoldScore | None) -> float | None:
    return None if gold is None else min(token.probability for token in gold.tokens)


METRICS = (
    SideMetric(
        name="gold_answer",
        type=str,
        title="likeliest gold answer",
        help="The gold answer or alias that rank and probability are of: the likeliest.",
        value=lambda score: None if score.gold is None else score.gold.answer,
    ),
    SideMetric(
        name="gold_rank",
        type=int,
        title="rank",
        help="Rank of the gold answer's first token among all tokens; 1 is the likeliest.",
        short="rank",
        summed=Summed(how="median", title="gold answer's median rank", text="{:g}".format),
        column=TableColumn(cells=4, text=rank_text, worse=operator.lt, next_token=True),
        value=lambda score: None if score.gold is None else score.gold.rank,
    ),
    SideMetric(
        name="gold_probability",
        type=float,
        title="p(gold)",
        help="Probability of the gold answer's first token; 0.1 or 10%.",
        text=_percent,
        short="p",
        summed=Summed(how="median", title="its median probability"),
        column=TableColumn(
            cells=3,
            text=probability_text,
            worse=lambda before, after: after < before / 2,
            next_token=True,
        ),
        value=lambda score: None if score.gold is None else score.gold.probability,
    ),
    SideMetric(
        name="worst_rank",
        type=int,
        title="worst rank",
        help="The worst rank along the gold answer's tokens: where the answer breaks half way.",
        short="worst",
        value=lambda score: None if score.gold is None else score.gold.worst_rank,
    ),
    SideMetric(
        name="worst_token",
        type=str,
        title="token of the worst rank",
        help="The gold answer's token that has the worst rank.",
        value=lambda score: _worst_token(score.gold),
    ),
    SideMetric(
        name="worst_probability",
        type=float,
        title="lowest probability",
        help="The lowest probability along the gold answer's tokens.",
        text=_percent,
        value=lambda score: _worst_probability(score.gold),
    ),
)

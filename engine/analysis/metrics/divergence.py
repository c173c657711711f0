"""How far the distributions moved, and how sure they are."""

from __future__ import annotations

from engine.analysis.metrics.metric import Pair, PairMetric, SideMetric, Summed, TableColumn

_MEAN = "mean KL divergence from the reference"


def _nats(divergence: float) -> str:
    return f"{divergence:.2f} nats"


def top_rank(pair: Pair) -> int | None:
    """Where the reference's likeliest first token stands among the variant's kept ones, from 1.

    None where it isn't among them, or a variant has no kept tokens.
    """
    if pair.dense.gold is None or pair.pruned.gold is None or not pair.dense.gold.top:
        return None
    likeliest = pair.dense.gold.top[0].id
    kept = (number for number, token in enumerate(pair.pruned.gold.top, 1) if token.id == likeliest)
    return next(kept, None)


def _same_top(pair: Pair) -> bool | None:
    if any(score.gold is None or not score.gold.top for score in (pair.dense, pair.pruned)):
        return None
    return top_rank(pair) == 1


METRICS = (
    PairMetric(
        name="kl_vocabulary",
        type=float,
        title="KL",
        help="KL divergence from the reference over the vocabulary at the answer position, in "
        "nats: how far the model moved.",
        text=_nats,
        short="kl",
        summed=Summed(how="mean", title=_MEAN, part="over the vocabulary"),
        column=TableColumn(cells=6, text="{:.2f}".format),
        value=lambda pair: pair.pruned.kl_vocabulary,
    ),
    PairMetric(
        name="kl_options",
        type=float,
        title="KL over options",
        help="KL divergence from the reference over the options, in nats.",
        text=_nats,
        summed=Summed(how="mean", title=_MEAN, part="over the options"),
        value=lambda pair: pair.pruned.kl_options,
    ),
    SideMetric(
        name="top_margin",
        type=float,
        title="top margin",
        help="Probability of the likeliest token minus the second's, at the answer position.",
        short="margin",
        value=lambda score: score.top_margin,
    ),
    PairMetric(
        name="parts_at",
        type=int,
        title="parts at token",
        help="The first token, from 1, at which the open answer is not the reference's any more; "
        "absent where they are the same.",
        value=lambda pair: pair.pruned.parts_at,
    ),
    PairMetric(
        name="same_top",
        type=bool,
        title="same likeliest token",
        help="Whether both have the same likeliest token at the answer position.",
        value=_same_top,
    ),
    PairMetric(
        name="top_rank",
        type=int,
        title="rank of the reference's likeliest token",
        help="Rank of the reference's likeliest token at the answer position; absent beyond 10.",
        value=top_rank,
    ),
)

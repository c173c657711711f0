"""How far the distributions moved, and how sure they are."""

from __future__ import annotations

from engine.analysis.metrics.metric import PairMetric, SideMetric, Summed, TableColumn

_MEAN = "mean KL divergence from the reference"


def _nats(divergence: float) -> str:
    return f"{divergence:.2f} nats"


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
)

"""SparseSwaps: a mask refined by exchanging weights (Zimmer et al. 2025, arXiv 2512.10922).

A row's error is L = rᵀGr, with r the weights that go and G = XXᵀ the Gram matrix of the inputs.
With c = Gr, letting the kept weight u go and bringing the gone weight p back changes it by
ΔL = 2·w_u·c_u + w_u²·G_uu - 2·w_p·c_p + w_p²·G_pp - 2·w_u·w_p·G_up (section 3).
The best such exchange of every row is made, again and again, while it lowers the row's error.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.methods.kernels.selection import lowest_indices

EXCHANGES_PER_ROW = 50
"""At most so many in every row. Rows of a few hundred weights find no better exchange by then;
longer ones would gain a little more from more."""
EXHAUSTIVE_FEATURES = 256
"""Rows of at most so many weights are searched through: every pair is tried."""
CANDIDATES = 32
"""In longer rows the best pair is sought among so many weights that are cheapest to let go and so
many that are most worth bringing back, each by itself. Twice as many change the error that is
reached by less than a thousandth."""
LEAST_GAIN = 1e-6
"""An exchange that lowers the row's first error by a smaller share is not made: below this,
float32 can't tell a gain from rounding."""
PAIRS_AT_ONCE = 1 << 22


def refine(
    weight: Tensor, gone: Tensor, gram: Tensor, of: int | None, check: Callable[[], None]
) -> Tensor:
    """Exchange weights in the mask while that lowers a row's error.

    `weight` and `gone` are `(out_features, in_features)`, `gram` is `(in_features, in_features)`,
    all weights in float32. Under N:M (`of` is M) exchanges stay within their M weights. Every row
    keeps its number of weights.
    """
    pairs_per_row = weight.shape[1] * of if of else _candidates(weight) ** 2
    rows_at_once = max(1, PAIRS_AT_ONCE // pairs_per_row)
    parts = []
    for part, mask in zip(weight.split(rows_at_once), gone.split(rows_at_once), strict=True):
        check()
        parts.append(_refine_rows(part, mask, gram, of))
    return torch.cat(parts)


def _refine_rows(weight: Tensor, gone: Tensor, gram: Tensor, of: int | None) -> Tensor:
    result = gone.clone()
    rows = torch.arange(len(weight), device=weight.device)
    correlation = (weight * gone) @ gram
    least = LEAST_GAIN * ((weight * gone) * correlation).sum(1)
    own = weight.square() * gram.diagonal()
    for _ in range(EXCHANGES_PER_ROW):
        cross = 2 * weight * correlation
        letting_go = (own + cross).masked_fill(gone, torch.inf)
        bringing_back = (own - cross).masked_fill(~gone, torch.inf)
        search = _best_pair if of is None else _best_pair_within(of)
        change, out, back = search(weight, gram, letting_go, bringing_back)
        better = change < -least
        if not bool(better.any()):
            break
        rows, weight, own, least = rows[better], weight[better], own[better], least[better]
        out, back = out[better].unsqueeze(1), back[better].unsqueeze(1)
        gone = gone[better].scatter(1, out, True).scatter(1, back, False)
        correlation = correlation[better]
        correlation += weight.gather(1, out) * gram[out.squeeze(1)]
        correlation -= weight.gather(1, back) * gram[back.squeeze(1)]
        result[rows] = gone
    return result


def _candidates(weight: Tensor) -> int:
    return weight.shape[1] if weight.shape[1] <= EXHAUSTIVE_FEATURES else CANDIDATES


def _best_pair(
    weight: Tensor, gram: Tensor, letting_go: Tensor, bringing_back: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """ΔL, u and p of the best exchange of every row, each `(rows,)`."""
    out = lowest_indices(letting_go, _candidates(weight))
    back = lowest_indices(bringing_back, _candidates(weight))
    products = weight.gather(1, out).unsqueeze(2) * weight.gather(1, back).unsqueeze(1)
    change = products.mul_(gram[out.unsqueeze(2), back.unsqueeze(1)]).mul_(-2)
    change += letting_go.gather(1, out).unsqueeze(2)
    change += bringing_back.gather(1, back).unsqueeze(1)
    lowest, place = change.flatten(1).min(1)
    width = back.shape[1]
    first = out.gather(1, (place // width).unsqueeze(1)).squeeze(1)
    second = back.gather(1, (place % width).unsqueeze(1)).squeeze(1)
    return lowest, first, second


def _best_pair_within(
    of: int,
) -> Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]:
    """The search of `_best_pair`, exhaustive, for pairs within the same `of` columns."""

    def search(
        weight: Tensor, gram: Tensor, letting_go: Tensor, bringing_back: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        groups = weight.shape[1] // of
        near = gram.reshape(groups, of, groups, of).diagonal(dim1=0, dim2=2).permute(2, 0, 1)
        grouped = weight.reshape(-1, groups, of)
        change = grouped.unsqueeze(3) * grouped.unsqueeze(2) * near * -2
        change += letting_go.reshape(-1, groups, of, 1)
        change += bringing_back.reshape(-1, groups, 1, of)
        lowest, place = change.flatten(1).min(1)
        start = place // (of * of) * of
        return lowest, start + place % (of * of) // of, start + place % of

    return search

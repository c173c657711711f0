"""Beam search over branches that share their prompt.

It is the beam search of transformers' `generate` (Wolf et al. 2020, arXiv 1910.03771) with its
default heuristic for stopping early, and gives the same beams.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import torch
from torch import Tensor

from engine.decoding.branches import Branches
from engine.decoding.decoded import Decoded
from engine.decoding.decoder import Decoder
from engine.decoding.endings import answer_length
from engine.decoding.prompting import OpenPrompt
from engine.models.tokens import end_tokens
from engine.models.weights import input_device
from engine.scoring.likelihood import log_softmax


class _Beam(msgspec.Struct, frozen=True):
    """A sequence, and the summed log-probability after each of its tokens."""

    ids: tuple[int, ...] = ()
    totals: tuple[float, ...] = ()

    @property
    def total(self) -> float:
        return self.totals[-1] if self.totals else 0.0

    def score(self, length_penalty: float) -> float:
        return self.total / float(len(self.ids) ** length_penalty)


class _Search:
    """The beams of one prompt.

    Attributes:
        running: those that go on.
        finished: the best of those that have ended, best first.
        best: the best candidates of the last step, whether they go on or not.
        steps: how many were taken.
        over: no better beam can come.
    """

    def __init__(self, width: int, length_penalty: float) -> None:
        self._width = width
        self._length_penalty = length_penalty
        self.running = [_Beam()]
        self.finished: list[_Beam] = []
        self.best: list[_Beam] = []
        self.steps = 0
        self.over = False

    def take(
        self,
        totals: list[float],
        tips: list[int],
        tokens: list[int],
        ends: frozenset[int],
        *,
        last: bool,
    ) -> list[int]:
        """Take in the best candidates of a step, best first; returns the tip of each running beam.

        Only the best ones, as many as the search is wide, may finish; the others stand by, so that
        there are enough that run.
        """
        running: list[_Beam] = []
        followed: list[int] = []
        self.best = []
        for place, (total, tip, token) in enumerate(zip(totals, tips, tokens, strict=True)):
            before = self.running[tip]
            beam = _Beam((*before.ids, token), (*before.totals, total))
            if place < self._width:
                self.best.append(beam)
            if token not in ends and not last:
                if len(running) < self._width:
                    running.append(beam)
                    followed.append(tip)
            elif place < self._width:
                self.finished.append(beam)
        # Equal scores stay in the order in which they came.
        self.finished.sort(key=lambda beam: -beam.score(self._length_penalty))
        del self.finished[self._width :]
        self.running = running
        self.over = last or self._cannot_improve()
        return followed

    def _cannot_improve(self) -> bool:
        if len(self.finished) < self._width:
            return False
        worst = self.finished[-1].score(self._length_penalty)
        return self.running[0].score(self._length_penalty) <= worst


def search(
    decoder: Decoder, prompts: Sequence[OpenPrompt], width: int, length_penalty: float
) -> list[list[Decoded]]:
    """Every beam of every prompt, best first."""
    limit = decoder.settings.answer_tokens
    ends = end_tokens(decoder.model, decoder.tokenizer)
    device = input_device(decoder.model)
    encoded = [prompt.encoded.ids for prompt in prompts]
    branches = Branches(decoder.model, encoded, limit * width, decoder.check)
    searches = [_Search(width, length_penalty) for _ in prompts]
    rows = list(searches)
    logits = branches.logits[:, None]
    for step in range(1, limit + 1):
        decoder.check()
        totals = torch.tensor([[beam.total for beam in row.running] for row in rows], device=device)
        # So many that enough of them run on even where every end token is among the best.
        most = max(2, 1 + len(ends)) * width
        best, tips, tokens = _candidates(log_softmax(logits), totals, most)
        followed = [
            row.take(its_totals, its_tips, its_tokens, ends, last=step == limit)
            for row, its_totals, its_tips, its_tokens in zip(
                rows, best.tolist(), tips.tolist(), tokens.tolist(), strict=True
            )
        ]
        for row in rows:
            row.steps = step
        _tell(decoder, searches[0], step, limit)
        kept = [place for place, row in enumerate(rows) if not row.over]
        if not kept:
            break
        if len(kept) < len(rows):
            branches.keep(torch.tensor(kept, device=device))
        rows = [rows[place] for place in kept]
        grown = torch.tensor(
            [[beam.ids[-1] for beam in row.running] for row in rows], device=device
        )
        parents = torch.tensor([followed[place] for place in kept], device=device)
        logits = branches.grow(grown, parents)
    return [
        [
            _cut(decoder, prompt, beam, beam.score(length_penalty), search.steps)
            for beam in search.finished
        ]
        for prompt, search in zip(prompts, searches, strict=True)
    ]


def _candidates(log_p: Tensor, totals: Tensor, most: int) -> tuple[Tensor, Tensor, Tensor]:
    """The best continuations of every row: their summed log-probabilities, tips and tokens.

    Each is (rows, candidates); `log_p` is (rows, tips, vocabulary), `totals` (rows, tips).
    """
    vocabulary = log_p.shape[-1]
    sums = (log_p + totals[:, :, None]).flatten(1)
    best = sums.topk(min(most, sums.shape[1]))
    return best.values, best.indices // vocabulary, best.indices % vocabulary


def _tell(decoder: Decoder, search: _Search, step: int, steps: int) -> None:
    ids = [list(beam.ids) for beam in search.best]
    texts = decoder.tokenizer.batch_decode(ids, skip_special_tokens=True)
    decoder.on_step(step, steps, tuple(text.strip() for text in texts))


def _cut(decoder: Decoder, prompt: OpenPrompt, beam: _Beam, score: float, steps: int) -> Decoded:
    """The beam as an answer: what follows the end of a line is not part of one."""
    length = answer_length(decoder, prompt, beam.ids)
    return Decoded(list(beam.ids[:length]), beam.totals[length - 1], score, steps)

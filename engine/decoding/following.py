"""Another variant that reads the answers along as they are generated."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.decoding.branches import Branches
from engine.decoding.decoder import Decoder
from engine.decoding.generation import shares_prompts
from engine.decoding.prompting import OpenPrompt
from engine.models.weights import input_device
from engine.scoring.forward import Prefix, next_logits, prefill


class Follower:
    """The decoder's partner over the prompts of a batch, an answer each.

    Args:
        decoder: of the variant that is decoded; its `check` is called between blocks.
        prompts: that are continued.
    """

    def __init__(self, decoder: Decoder, prompts: Sequence[OpenPrompt]) -> None:
        self._decoder = decoder
        self._encoded = [prompt.encoded.ids for prompt in prompts]
        self._packed = shares_prompts(decoder, self._encoded)
        self._branches: Branches | None = None
        self._prefix: Prefix | None = None
        self._rows = torch.arange(len(prompts), device=input_device(decoder.model))

    def logits(self, last: Tensor, going: Tensor) -> Tensor:
        """Logits of what follows, `(answers that go on, vocabulary)`.

        Args:
            last: (prompts,) int64, the token that each answer has grown by; not read at first.
            going: (prompts,) bool, which answers go on; one that has ended never does again.
        """
        if self._packed:
            return self._by_branches(last, going)
        return self._by_rows(last)[going]

    def _by_branches(self, last: Tensor, going: Tensor) -> Tensor:
        decoder = self._decoder
        with decoder.partner() as model:
            if self._branches is None:
                room = decoder.settings.answer_tokens
                self._branches = Branches(model, self._encoded, room, decoder.check)
                return self._branches.logits[going]
            (kept,) = torch.where(going[self._rows])
            if len(kept) < len(self._rows):
                self._branches.keep(kept)
                self._rows = self._rows[kept]
            tokens = last[self._rows][:, None]
            return self._branches.grow(tokens, torch.zeros_like(tokens))[:, 0]

    def _by_rows(self, last: Tensor) -> Tensor:
        self._decoder.check()
        with self._decoder.partner() as model:
            if self._prefix is None:
                self._prefix = prefill(model, [ids[:-1] for ids in self._encoded])
                last = torch.tensor([ids[-1] for ids in self._encoded], device=last.device)
            self._prefix, logits = next_logits(model, self._prefix, last)
            return logits

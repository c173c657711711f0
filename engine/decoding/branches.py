"""Sequences that branch from prompts: each prompt is computed once, and its branches share it.

A row holds a prompt and all its branches as a tree (`engine.scoring.packed`). At a step each tip
grows by a token, and sees its prompt and its own branch only; which tips go on, and how often, may
be chosen anew at every step without a copy of keys and values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from engine.models.forward_arguments import cache_argument
from engine.models.weights import input_device
from engine.scoring.packed import Paths, Row, compute_beginning, compute_rows, tree_masks
from engine.scoring.passes import forward_pass, pass_tokens
from engine.scoring.tries import TokenTrie, shared_beginning


class Branches:
    """The prompts of a batch with the branches that grow from them.

    Args:
        model: under the variant in question.
        prompts: token ids of each, two or more.
        room: tokens that the branches of a row may have in all.
        check: called between blocks; raises to cancel.

    Attributes:
        logits: (rows, vocabulary) float32, of what follows the prompts.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        prompts: Sequence[tuple[int, ...]],
        room: int,
        check: Callable[[], None],
    ) -> None:
        self._model = model
        self._check = check
        self._device = input_device(model)
        shared = shared_beginning(prompts, [len(ids) - 1 for ids in prompts])
        beginning = compute_beginning(model, prompts[0][:shared], check) if shared else None
        paths = Paths([len(ids) for ids in prompts], room)
        logits = []
        longest = max(len(ids) for ids in prompts) - shared
        at_once = max(1, pass_tokens(self._device) // longest)
        for first in range(0, len(prompts), at_once):
            rows, nodes = [], []
            for ids in prompts[first : first + at_once]:
                trie = TokenTrie(shared)
                nodes.append(trie.add(ids[shared:]))
                rows.append(Row(trie, (nodes[-1][-1],)))
            packed = compute_rows(model, rows, beginning, check, kept=True)
            paths.collect(packed, list(enumerate(nodes)))
            logits.append(packed.logits.float())
        self.logits = torch.cat(logits)
        self._prefix = paths.prefix(self._device)
        width = self._prefix.mask.shape[1]
        places = torch.arange(width, device=self._device)
        # Padding stands before the beginning; nothing sees it.
        self._depths = places - (width - self._prefix.lengths[:, None])
        # Before the first step every tip is the prompt's end.
        self._branches = torch.zeros(len(prompts), 1, 0, dtype=torch.bool, device=self._device)
        self._steps = 0

    def keep(self, rows: Tensor) -> None:
        """Go on with some rows only; `rows` is (kept rows,) int64."""
        self._prefix = self._prefix.select(rows)
        self._depths = self._depths[rows]
        self._branches = self._branches[rows]

    def grow(self, tokens: Tensor, tips: Tensor) -> Tensor:
        """Let tips go on by a token each.

        Args:
            tokens: (rows, new tips) int64.
            tips: (rows, new tips) int64, the tip of the step before that each of them follows; 0
                at the first step.

        Returns:
            Logits (rows, new tips, vocabulary).
        """
        rows, count = tokens.shape
        prefix = self._prefix
        followed = tips[:, :, None].expand(-1, -1, self._branches.shape[2])
        itself = torch.eye(count, dtype=torch.bool, device=self._device).expand(rows, -1, -1)
        self._branches = torch.cat([self._branches.gather(1, followed), itself], dim=2)
        depths = (prefix.lengths + self._steps)[:, None].expand(-1, count)
        self._depths = torch.cat([self._depths, depths], dim=1)
        prompt = prefix.mask.bool()[:, None].expand(-1, count, -1)
        sees = torch.cat([prompt, self._branches], dim=2)
        inputs = {
            "input_ids": tokens,
            "position_ids": depths,
            "attention_mask": tree_masks(self._model, sees, depths, self._depths),
            cache_argument(self._model): prefix.cache,
        }
        with forward_pass(self._model, self._check):
            logits: Tensor = self._model(**inputs, use_cache=True).logits
        self._steps += 1
        return logits

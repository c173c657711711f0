"""Gold sensitivity: what the gold answers gain when a block is dense again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.compression.reporter import Reporter
from engine.models.structure import decoder_blocks
from engine.models.weights import exchanged_weights
from engine.scoring import rows, trees
from engine.scoring.encoding import EncodedPrompt
from engine.scoring.wanted import WantedScores

BATCH_ITEMS = 64


def gold_sensitivities(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    tensors: Mapping[str, Tensor],
    prompts: Sequence[EncodedPrompt],
    reporter: Reporter,
    *,
    packed: bool,
) -> list[float]:
    """For every block the mean gain of the gold answers' log-probability, in nats, when the
    block's compressed weights are the dense ones again.

    Negative where the block is better compressed.

    Args:
        model: with its dense weights in use.
        tokenizer: of the model.
        tensors: the compressed weights by full parameter name.
        prompts: of the items, each with its gold answer as the only continuation.
        reporter: progress counts blocks.
        packed: whether the model takes tries.
    """
    blocks = decoder_blocks(model)
    ordered = sorted(prompts, key=lambda prompt: len(prompt.ids))
    batches = [
        [[WantedScores(encoded=prompt)] for prompt in ordered[start : start + BATCH_ITEMS]]
        for start in range(0, len(ordered), BATCH_ITEMS)
    ]

    def mean_log_likelihood(weights: Mapping[str, Tensor]) -> float:
        score = trees.score_items if packed else rows.score_items
        total = 0.0
        with exchanged_weights(model, weights), torch.inference_mode():
            for batch in batches:
                scored = score(model, tokenizer, batch, answer_tokens=0, check=reporter.check)
                total += sum(prompt.continuations[0].log_likelihood for [prompt] in scored)
        return total / len(prompts)

    before = mean_log_likelihood(tensors)
    gains = []
    for block in blocks:
        text = f"restoring block {block.index + 1} of {len(blocks)}"
        reporter.progress(text, block.index, len(blocks))
        restored = f"{block.name}."
        rest = {name: one for name, one in tensors.items() if not name.startswith(restored)}
        gains.append(mean_log_likelihood(rest) - before)
    return gains

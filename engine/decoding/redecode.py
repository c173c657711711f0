"""Re-decoding items under one variant."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import torch

from engine.decoding.decoded import Decoded
from engine.decoding.decoder import Decoder
from engine.decoding.likelihood import log_probabilities
from engine.decoding.prompting import OpenPrompt, open_prompts
from engine.decoding.strategy import strategy_of
from engine.judging.verdict import judge
from engine.records.decodings.decoding import Decoding
from engine.records.hypotheses import Hypothesis, Redecode
from engine.records.items import Item
from engine.scoring.answers import answer_text


def redecode(
    decoder: Decoder,
    batch: Sequence[Item],
    variant: str,
    decoding: Decoding,
    items: Sequence[Item],
) -> list[Redecode]:
    """Decode the open answers of a batch of items again, all in the same steps.

    `items` are those of the run: solved examples are taken from them.

    Raises:
        UserError: the decoding can't be done here; an example isn't there, would give the answer
            away, or doesn't fit the context.
    """
    strategy = strategy_of(decoding)
    examples = [strategy.examples(decoding, item, items) for item in batch]
    prompts = open_prompts(decoder, batch, examples)
    with torch.inference_mode():
        sequences = strategy.generate(decoder, prompts, decoding)
        scores = log_probabilities(decoder, prompts, sequences)
    results = []
    for prompt, decoded, log_p in zip(prompts, sequences, scores, strict=True):
        hypotheses = [
            _hypothesis(decoder, prompt, one, value)
            for one, value in zip(decoded, log_p, strict=True)
        ]
        ids = tuple(example.id for example in prompt.examples)
        generated = sum(one.steps or len(one.ids) for one in decoded)
        if decoding.order == "counted":
            hypotheses = _collapsed(hypotheses)
        results.append(
            Redecode(
                item_id=prompt.item.id,
                variant=variant,
                decoding=decoding,
                hypotheses=tuple(hypotheses),
                prompt=prompt.prompt.text,
                example=ids[0] if len(ids) == 1 else None,
                examples=ids if len(ids) > 1 else (),
                partner=decoding.partner(variant, decoder.settings.variants),
                prompt_tokens=decoding.models * len(prompt.encoded.ids),
                generated_tokens=decoding.models * generated,
            )
        )
    return results


def _hypothesis(
    decoder: Decoder, prompt: OpenPrompt, decoded: Decoded, log_probability: float
) -> Hypothesis:
    item = prompt.item
    text = answer_text(decoder.tokenizer, decoded.ids, prompt.prompt)
    return Hypothesis(
        text=text,
        log_probability=log_probability,
        tokens=len(decoded.ids),
        score=decoded.score,
        judgement=judge(text, item.answers, item.language, decoder.settings.judge),
    )


def _collapsed(samples: list[Hypothesis]) -> list[Hypothesis]:
    """Equal texts as one hypothesis with their count, the most frequent first."""
    groups: dict[str, list[Hypothesis]] = {}
    for sample in samples:
        groups.setdefault(sample.text, []).append(sample)
    collapsed = [
        msgspec.structs.replace(
            max(group, key=lambda sample: sample.log_probability), count=len(group)
        )
        for group in groups.values()
    ]
    return sorted(collapsed, key=lambda sample: (-sample.count, -sample.log_probability))

"""Re-decoding items under one variant: beam search, sampling, a one-shot prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import torch
from torch import Tensor
from transformers import (
    GenerationConfig,
    LogitsProcessorList,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    StoppingCriteria,
    StoppingCriteriaList,
)

from engine.decoding.prompting import OpenPrompt, open_prompts
from engine.decoding.sampling import samplers
from engine.judging.verdict import judge
from engine.models.tokens import end_tokens
from engine.models.weights import input_device
from engine.records.decodings import Beam, Decoding, Hypothesis, Redecode, Sample
from engine.records.items import Item
from engine.records.settings import Settings
from engine.scoring.answers import answer_text, ends_line
from engine.scoring.forward import LOGITS_AT_ONCE, extend, prefill
from engine.scoring.likelihood import token_log_probabilities
from engine.scoring.prompts import Prompt

OnStep = Callable[[int, int, tuple[str, ...]], None]
"""Called with (step, steps, the first item's answers as far as they have come)."""


class Decoder(msgspec.Struct, frozen=True, kw_only=True):
    """What every re-decode of a run needs: the model under the variant in question, and how.

    `check` is called at every step; it raises to cancel.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    settings: Settings
    on_step: OnStep
    check: Callable[[], None]


def redecode(
    decoder: Decoder,
    batch: Sequence[Item],
    variant: str,
    decoding: Decoding,
    items: Sequence[Item],
) -> list[Redecode]:
    """Decode the open answers of a batch of items anew, all in the same steps.

    `items` are those of the run: one-shot examples are taken from them.

    Raises:
        UserError: a one-shot example isn't there, would give the answer away, or doesn't fit the
            context.
    """
    opened = open_prompts(
        batch, items, decoding, decoder.model, decoder.tokenizer, decoder.settings
    )
    with torch.inference_mode():
        sequences = _generate(decoder, opened, decoding)
        log_probabilities = _log_probabilities(decoder, opened, sequences)
    return [
        Redecode(
            item_id=one.item.id,
            variant=variant,
            decoding=decoding,
            hypotheses=_hypotheses(decoder, one, decoding, ids, scores),
            prompt=one.prompt.text,
            example=None if one.example is None else one.example.id,
        )
        for one, ids, scores in zip(opened, sequences, log_probabilities, strict=True)
    ]


class _Watcher(StoppingCriteria):
    """Tells the first item's running texts at every step, and stops nothing unless told to."""

    def __init__(self, decoder: Decoder, prompt_length: int, steps: int, rows: int) -> None:
        self._decoder = decoder
        self._rows = rows
        self._prompt_length = prompt_length
        self._steps = steps

    def __call__(self, input_ids: Tensor, scores: Tensor, **kwargs: Any) -> Tensor:
        self._decoder.check()
        # Beam search hands in its candidates too, best first.
        ids = input_ids[: self._rows, self._prompt_length :]
        texts = self._decoder.tokenizer.batch_decode(ids, skip_special_tokens=True)
        self._decoder.on_step(ids.shape[1], self._steps, tuple(text.strip() for text in texts))
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)


def _generate(
    decoder: Decoder, opened: Sequence[OpenPrompt], decoding: Decoding
) -> list[list[list[int]]]:
    """For every prompt the generated ids of its hypotheses, each up to and with its end token."""
    limit = decoder.settings.answer_tokens
    ends = end_tokens(decoder.model, decoder.tokenizer)
    # The model's own generation defaults (temperature, top-k, penalties) must not leak in.
    config = GenerationConfig(
        max_new_tokens=limit,
        eos_token_id=sorted(ends),
        pad_token_id=decoder.tokenizer.pad_token_id,
        bos_token_id=decoder.tokenizer.bos_token_id,
        use_cache=True,
        return_dict_in_generate=False,
        stop_strings=None,
        repetition_penalty=1.0,
        no_repeat_ngram_size=0,
        length_penalty=1.0,
        num_beams=1,
        num_return_sequences=1,
        do_sample=False,
    )
    processors = LogitsProcessorList()
    ids, mask = _padded([one.encoded.ids for one in opened], input_device(decoder.model))
    hypotheses = 1
    if isinstance(decoding, Beam):
        hypotheses = config.num_beams = config.num_return_sequences = decoding.width
        config.length_penalty = decoding.length_penalty
    if isinstance(decoding, Sample):
        hypotheses = decoding.count
        ids, mask = ids.repeat_interleave(hypotheses, 0), mask.repeat_interleave(hypotheses, 0)
        processors = samplers(decoding, [one.item.id for one in opened])
    generate: Any = decoder.model.generate
    output = generate(
        input_ids=ids,
        attention_mask=mask,
        generation_config=config,
        logits_processor=processors,
        stopping_criteria=StoppingCriteriaList(
            [_Watcher(decoder, ids.shape[1], limit, hypotheses)]
        ),
    )
    rows: list[list[int]] = output[:, ids.shape[1] :].tolist()
    return [
        [
            _ended(decoder.tokenizer, row, ends, one.prompt)
            for row in rows[place * hypotheses : (place + 1) * hypotheses]
        ]
        for place, one in enumerate(opened)
    ]


def _padded(sequences: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Ids and mask, each (batch, tokens), padded on the left."""
    width = max(map(len, sequences))
    ids = torch.tensor([[0] * (width - len(one)) + list(one) for one in sequences], device=device)
    lengths = torch.tensor([len(one) for one in sequences], device=device)
    places = torch.arange(width, device=device)
    return ids, (places >= width - lengths[:, None]).long()


def _ended(
    tokenizer: PreTrainedTokenizerBase, ids: list[int], ends: frozenset[int], prompt: Prompt
) -> list[int]:
    """Cut behind the first end token, or where a one-line answer breaks its line."""
    for place, id_ in enumerate(ids):
        if id_ in ends or (prompt.one_line and ends_line(tokenizer, ids[: place + 1])):
            return ids[: place + 1]
    return ids


def _log_probabilities(
    decoder: Decoder, opened: Sequence[OpenPrompt], sequences: list[list[list[int]]]
) -> list[list[float]]:
    """Of every hypothesis, at temperature 1, in forward passes that share the prompts."""
    decoder.check()
    shared = prefill(decoder.model, [one.encoded.before_last for one in opened])
    rows = [(place, ids) for place, some in enumerate(sequences) for ids in some]
    longest = 1 + max(len(ids) for _, ids in rows)
    vocabulary = decoder.model.get_output_embeddings().weight.shape[0]
    at_once = max(1, LOGITS_AT_ONCE // (vocabulary * longest))
    found: list[list[float]] = [[] for _ in opened]
    for start in range(0, len(rows), at_once):
        decoder.check()
        some = rows[start : start + at_once]
        places = torch.tensor([place for place, _ in some], device=input_device(decoder.model))
        tails = [[opened[place].encoded.ids[-1], *ids] for place, ids in some]
        logits = extend(decoder.model, shared.select(places), tails).logits
        for row, (place, ids) in enumerate(some):
            own = logits[row, : len(ids)]
            found[place].append(float(token_log_probabilities(own, ids).sum()))
    return found


def _hypotheses(
    decoder: Decoder,
    opened: OpenPrompt,
    decoding: Decoding,
    sequences: list[list[int]],
    log_probabilities: list[float],
) -> tuple[Hypothesis, ...]:
    item, found = opened.item, []
    for ids, log_probability in zip(sequences, log_probabilities, strict=True):
        text = answer_text(decoder.tokenizer, ids, opened.prompt)
        found.append(
            Hypothesis(
                text=text,
                log_probability=log_probability,
                tokens=len(ids),
                judgement=judge(text, item.answers, item.language, decoder.settings.judge),
            )
        )
    return tuple(_collapsed(found) if isinstance(decoding, Sample) else found)


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

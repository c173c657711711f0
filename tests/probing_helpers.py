"""Tiny models with a compressed variant, for tests of instruments."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformers import CohereConfig, GraniteConfig, PreTrainedModel
from transformers.models.auto.modeling_auto import AutoModelForCausalLM

from engine.models.variants import Variants
from engine.probing.probing import Probing, Subject, subjects
from engine.records.errors import Cancelled
from engine.records.instruments.instrument import Finding
from engine.records.items import Item
from engine.records.settings import Settings
from tests.compression_helpers import BLOCKS, calibration_ids, quietly
from tests.tiny_models import KINDS, VOCABULARY, tiny_model, tiny_tokenizer

VARIANT = "magnitude:0.5"
SCALED = ("cohere", "granite")
"""Architectures whose head scales its logits, beside those of `tiny_models`."""

ITEMS = [
    Item(
        id="fr",
        language="en",
        question="What is the capital of France?",
        stem="The capital of France is",
        gold="Paris",
    ),
    Item(
        id="jp",
        language="en",
        question="What is the capital city of Japan, in the far east?",
        stem="The capital of Japan is",
        gold="Tokyo",
    ),
]


class Bench:
    """A tiny model with the variant `VARIANT`, and what an instrument is given of it."""

    def __init__(self, kind: str = "llama", variant: str = VARIANT, *, offloaded: bool = False):
        self.kind = kind
        self.model = scaled_model(kind) if kind in SCALED else tiny_model(kind)
        if offloaded:
            accelerate = importlib.import_module("accelerate")
            accelerate.cpu_offload(self.model, execution_device=torch.device("cpu"))
        self.tokenizer = tiny_tokenizer()
        self.settings = Settings(answer_tokens=5, recipes=(variant,))
        self.variants = Variants(self.model, 0)
        self.tensors = quietly(self.model, variant, calibration_ids()).tensors
        self.variants.add(variant, self.tensors)
        self.variant = variant
        self.told: list[tuple[str, float, Finding | None]] = []
        self.checks = 0
        self.patience: int | None = None

    def check(self) -> None:
        self.checks += 1
        if self.patience is not None and self.checks > self.patience:
            raise Cancelled

    @property
    def probing(self) -> Probing:
        return self.probing_of(self.variant)

    def probing_of(self, variant: str) -> Probing:
        return Probing(
            variants=self.variants,
            tokenizer=self.tokenizer,
            settings=self.settings,
            variant=variant,
            calibration=calibration_ids,
            kept={},
            step=lambda *step: self.told.append(step),
            check=self.check,
        )

    def subjects(self, items: list[Item] = ITEMS) -> list[Subject]:
        return subjects([(item, item.gold) for item in items], self.tokenizer, self.settings)

    def changed_copy(self, tensors: Mapping[str, Tensor]) -> PreTrainedModel:
        """A model of its own with other weights."""
        model = copy.deepcopy(self.model)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if name in tensors:
                    parameter.copy_(tensors[name])
        return model

    def cut_after(self, model: PreTrainedModel, block: int) -> PreTrainedModel:
        """A copy of a model without the blocks after one."""
        cut = copy.deepcopy(model)
        path = BLOCKS.get(self.kind, "model.layers")
        parent, _, name = path.rpartition(".")
        kept = list(cut.get_submodule(path).children())[: block + 1]
        setattr(cut.get_submodule(parent), name, nn.ModuleList(kept))
        cut.config.num_hidden_layers = block + 1
        return cut


def scaled_model(kind: str) -> PreTrainedModel:
    """A model whose logits are multiplied or divided by a number in its config."""
    shape: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 128,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": 2,
    }
    configs: dict[str, Callable[[], Any]] = {
        "cohere": lambda: CohereConfig(**shape, logit_scale=0.25),
        "granite": lambda: GraniteConfig(**shape, logits_scaling=4.0, residual_multiplier=0.5),
    }
    torch.manual_seed(0)
    model: PreTrainedModel = AutoModelForCausalLM.from_config(configs[kind](), dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(std=0.15)
    model.eval()
    return model


def last_logits(model: PreTrainedModel, ids: tuple[int, ...]) -> Tensor:
    """(vocabulary,): what a model says after one sequence."""
    with torch.inference_mode():
        logits: Tensor = model(input_ids=torch.tensor([ids]), use_cache=False).logits
    return logits[0, -1]


def total_log_probability(model: PreTrainedModel, subject: Subject) -> float:
    """The log-probability of the gold answer, token after token, each in a pass of its own."""
    total = 0.0
    for number, token in enumerate(subject.gold):
        logits = last_logits(model, subject.before + subject.gold[:number])
        total += float(torch.log_softmax(logits, -1)[token])
    return total


ALL_KINDS = (*KINDS, *SCALED)

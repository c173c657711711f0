"""Everything the user can choose about a run."""

from __future__ import annotations

from typing import Literal

import msgspec

DENSE = "dense"
"""Name of the variant without a recipe."""

RECOGNITION_ONLY = "outcome:recognition-only"
"""The filter of the items that recovery is for, unless another is asked for."""

AFTERWARDS = ("recover", "recover_filter")
"""Settings that come after scoring: a scored run goes on with other ones."""

Normalisation = Literal["sum", "token", "byte"]
JudgeRule = Literal["containment", "exact", "f1"]
PromptStyle = Literal["auto", "begun", "completion", "chat", "question"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run does; two runs with equal settings give equal results on one machine.

    Attributes:
        model: alias, Hub id, local directory or GGUF file.
        revision: of a Hub model; None for its main branch.
        recipes: written recipes of the pruned variants, one or more.
        against: the reference variant: "dense", or a written recipe.
        items: a file, a sample's name, or "benchmark:language-or-file".
        languages: only items in these; empty for all.
        limit: at most so many items per language.
        seed: of the subset, the distractors, the calibration and sampling.
        calibration: "auto" (text sampled from the dense model), a text file, "c4" or "wikitext".
        calibration_sequences: number of calibration sequences.
        calibration_tokens: tokens in each.
        prompt: how the item is put to the model; see `engine.scoring.prompts`.
        choice: how the log-likelihoods of the options are compared.
        letters: also ask for the option's letter.
        shown_candidates: also generate with the options listed in the prompt.
        closed_book: withhold the passage.
        judge: the rule that gives the verdict of a generated answer.
        answer_tokens: at most so many tokens are generated for an answer.
        recover: re-decode items so, once all are scored ("beam=8", "sample=16", "one-shot").
        recover_filter: which items.
        floor: score the reference a second time with other batches.
        batch_size: items in one batch, once scoring is under way.
        dtype: "auto", "bfloat16", "float16" or "float32".
        device: "auto", "cpu", "cuda", "cuda:1", "mps", "xpu", …
        max_memory_gib: use at most so much of the device's memory for weights.
        trust_remote_code: run code that a model's repository brings.
    """

    model: str = "smollm2"
    revision: str | None = None
    recipes: tuple[str, ...] = ("wanda:0.45",)
    against: str = DENSE
    items: str = "capitals"
    languages: tuple[str, ...] = ()
    limit: int | None = None
    seed: int = 0
    calibration: str = "auto"
    calibration_sequences: int = 16
    calibration_tokens: int = 512
    prompt: PromptStyle = "auto"
    choice: Normalisation = "sum"
    letters: bool = False
    shown_candidates: bool = True
    closed_book: bool = False
    judge: JudgeRule = "containment"
    answer_tokens: int = 24
    recover: tuple[str, ...] = ()
    recover_filter: str = RECOGNITION_ONLY
    floor: bool = False
    batch_size: int = 32
    dtype: str = "auto"
    device: str = "auto"
    max_memory_gib: float | None = None
    trust_remote_code: bool = False

    @property
    def variants(self) -> tuple[str, ...]:
        """Names of all variants, the reference first."""
        return (self.against, *self.recipes)

"""From the options of `redecode` to a decoding and the variants that it is for."""

from __future__ import annotations

from engine.records.decodings import Beam, Decoding, OneShot, Sample
from engine.records.errors import UserError
from engine.records.settings import Settings


def choose_decoding(
    *,
    beam: int | None,
    length_penalty: float | None,
    sample: int | None,
    temperature: float | None,
    top_p: float | None,
    seed: int | None,
    one_shot: bool,
    example: str | None,
) -> Decoding:
    """The one decoding that was asked for.

    Raises:
        UserError: none, several, or options that belong to another one.
    """
    asked = {"--beam": beam is not None, "--sample": sample is not None, "--one-shot": one_shot}
    chosen = [name for name, given in asked.items() if given]
    if len(chosen) != 1:
        raise UserError(
            f"{' and '.join(chosen)} are different decodings"
            if chosen
            else "no decoding was named",
            "Give one of --beam 8, --sample 16 and --one-shot.",
        )
    belongs = {
        "--length-penalty": ("--beam", length_penalty),
        "--temperature": ("--sample", temperature),
        "--top-p": ("--sample", top_p),
        "--seed": ("--sample", seed),
        "--example": ("--one-shot", example),
    }
    for name, (owner, value) in belongs.items():
        if value is not None and owner != chosen[0]:
            raise UserError(f"{name} has no part in {chosen[0]}", f"It belongs to {owner}.")
    if temperature is not None and not temperature > 0:
        raise UserError(f"--temperature {temperature:g} is not above 0", "Use --beam 1 for greedy.")
    if top_p is not None and not 0 < top_p <= 1:
        raise UserError(f"--top-p {top_p:g} is not above 0 and at most 1", "Such as --top-p 0.9.")
    if beam is not None:
        return Beam(width=beam, length_penalty=length_penalty or 0.0)
    if sample is not None:
        return Sample(
            count=sample,
            temperature=1.0 if temperature is None else temperature,
            top_p=1.0 if top_p is None else top_p,
            seed=seed or 0,
        )
    return OneShot(example=example)


def choose_variants(variant: str, settings: Settings) -> tuple[str, ...]:
    """The names of the run's variants that `pruned`, `dense`, `both` or a name stand for."""
    groups = {
        "pruned": settings.recipes,
        "dense": (settings.against,),
        "both": settings.variants,
    }
    if variant in groups:
        return groups[variant]
    if variant in settings.variants:
        return (variant,)
    raise UserError(
        f"the run has no variant '{variant}'",
        f"Give pruned, dense, both, or one of {', '.join(settings.variants)}.",
    )

"""Decodings as command-line options, and the variants that one is for."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from engine.records.decodings.decoding import Decoding
from engine.records.decodings.parameters import written
from engine.records.decodings.registry import kinds, read_decoding
from engine.records.errors import UserError
from engine.records.settings import Settings
from engine.runs.variants import require_variant
from tui.options.signatures import replaces_parameter


@dataclass(frozen=True)
class DecodingOption:
    """An option that chooses a kind of decoding, sets a parameter, or does both.

    Attributes:
        name: as it is typed, such as "--length-penalty".
        fields: the field that it sets, by kind; None for a kind that it only chooses. Kinds share
            an option that has the same name.
        chooses: the kind that it chooses, None for an option of a parameter alone.
    """

    name: str
    fields: Mapping[str, str | None]
    chooses: str | None

    @property
    def keyword(self) -> str:
        """Its name among the arguments of a command."""
        return f"decoding_{self.name.removeprefix('--').replace('-', '_')}"

    def parameter(self) -> inspect.Parameter:
        """It as Typer reads it: a flag, or text that the decoding's parameter reads."""
        kind = kinds()[self.chooses or next(iter(self.fields))]
        field = self.fields[kind.name]
        shown: dict[str, Any] = {"help": kind.help, "rich_help_panel": kind.title.capitalize()}
        if field is not None:
            parameter = kind.parameters()[field]
            if not self.chooses:
                shown["help"] = parameter.help
            facts = [parameter.bounds, _default(kind, field)]
            if facts := [fact for fact in facts if fact]:
                shown["help"] += rf" [dim]\[{', '.join(facts)}][/dim]"
            shown["metavar"] = parameter.metavar
        return inspect.Parameter(
            self.keyword,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                (bool if field is None else str) | None,
                typer.Option(self.name, show_default=False, **shown),
            ],
        )


def _default(kind: Decoding, field: str) -> str:
    # The amount is given with the option that chooses the kind.
    value = "" if field == kind.amount else written(kind.value(field))
    return f"default {value}" if value else ""


@functools.cache
def decoding_options() -> tuple[DecodingOption, ...]:
    """The options of all kinds, each kind's together."""
    fields: dict[str, dict[str, str | None]] = {}
    chooses: dict[str, str] = {}
    for kind in kinds().values():
        chooses[f"--{kind.name}"] = kind.name
        for name, field in _names(kind):
            fields.setdefault(name, {})[kind.name] = field
    return tuple(DecodingOption(name, fields[name], chooses.get(name)) for name in fields)


def _names(kind: Decoding) -> Iterator[tuple[str, str | None]]:
    yield f"--{kind.name}", kind.amount
    for field in kind.parameters():
        if field != kind.amount:
            yield f"--{field.replace('_', '-')}", field


def takes_decoding(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for every kind of decoding and for every parameter.

    The decorated function's parameter `decoding` receives the decoding that they describe.
    """
    options = decoding_options()
    return replaces_parameter(
        "decoding",
        [option.parameter() for option in options],
        lambda values: choose_decoding({option.name: values[option.keyword] for option in options}),
    )(command)


def choose_decoding(values: Mapping[str, str | bool | None]) -> Decoding:
    """The one decoding that the values of the options describe; absent ones may be None.

    Raises:
        UserError: no decoding, several, an option that belongs to another one, or a value that is
            none.
    """
    given = [
        option for option in decoding_options() if values.get(option.name) not in {None, False}
    ]
    chosen = [option for option in given if option.chooses]
    if len(chosen) != 1:
        forms = [kind.short_form.replace("=", " ") for kind in kinds().values()]
        raise UserError(
            f"{' and '.join(option.name for option in chosen)} are different decodings"
            if chosen
            else "no decoding was named",
            f"Give one of --{', --'.join(forms[:-1])} and --{forms[-1]}.",
        )
    kind = kinds()[str(chosen[0].chooses)]
    texts = {}
    for option in given:
        if kind.name not in option.fields:
            owners = " and ".join(f"--{name}" for name in option.fields)
            raise UserError(
                f"{option.name} belongs to {owners}, not to --{kind.name}",
                f"Leave {option.name} out, or use it with {owners}.",
            )
        if field := option.fields[kind.name]:
            texts[field] = str(values[option.name])
    return read_decoding(kind, texts)


def choose_variants(variant: str, settings: Settings) -> tuple[str, ...]:
    """The names of the run's variants that `pruned`, `dense`, `both` or a name stand for."""
    groups = {
        "pruned": settings.recipes,
        "dense": (settings.against,),
        "both": settings.variants,
    }
    if variant in groups:
        return groups[variant]
    return (require_variant(variant, settings.variants),)

"""Decodings: labels that tell them apart, and one set of bounds wherever one is written."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from engine.analysis.recovery_text import recovery_sentence, recovery_summary
from engine.records.decodings.beam import Beam
from engine.records.decodings.contrastive import Contrastive
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.greedy import Greedy
from engine.records.decodings.k_shot import KShot
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.registry import (
    AnyDecoding,
    kinds,
    parse_decoding,
    read_decoding,
    short_forms,
)
from engine.records.decodings.repetition_penalty import RepetitionPenalty
from engine.records.decodings.sample import Sample
from engine.records.errors import UserError
from engine.runs.log import RunLog
from engine.runs.reading import read_run
from tests.runs_helpers import edit_log, make_item, make_manifest, make_redecode, one_of_each
from tui.options.decodings import choose_decoding

LABELS = {
    "beam 8": Beam(),
    "beam 8, length penalty 1": Beam(length_penalty=1.0),
    "beam 2, length penalty 0.7": Beam(width=2, length_penalty=0.7),
    "16 samples": Sample(),
    "16 samples, temperature 0.7, seed 3": Sample(temperature=0.7, seed=3),
    "1 sample, top-p 0.9": Sample(count=1, top_p=0.9),
    "one-shot": OneShot(),
    "one-shot, example es": OneShot(example="es"),
    "greedy": Greedy(),
    "3-shot": KShot(),
    "1-shot, seed 4": KShot(count=1, seed=4),
    "repetition penalty 1.2": RepetitionPenalty(),
    "repetition penalty 1.05": RepetitionPenalty(penalty=1.05),
    "contrastive 0.1": Contrastive(),
    "contrastive 0.5, amateur wanda:0.6": Contrastive(alpha=0.5, amateur="wanda:0.6"),
}


@pytest.mark.parametrize("label", LABELS)
def test_a_label_has_the_amount_and_all_that_differs_from_the_defaults(label: str) -> None:
    assert LABELS[label].label == label


def test_labels_differ_when_decodings_do() -> None:
    decodings: list[Decoding] = [
        Beam(width=width, length_penalty=penalty)
        for width in (1, 8)
        for penalty in (0.0, 0.1, 0.1 + 1e-12, 1.0)
    ]
    decodings += [
        Sample(count=count, temperature=temperature, top_p=top_p, seed=seed)
        for count, temperature, top_p, seed in itertools.product(
            (1, 16), (0.7, 0.7000001, 1.0), (0.9, 1.0), (0, 3)
        )
    ]
    decodings += [OneShot(example=example) for example in (None, "a", "b")]
    decodings += [KShot(count=count, seed=seed) for count in (1, 3) for seed in (0, 3)]
    decodings += [RepetitionPenalty(penalty=penalty) for penalty in (1.0, 1.2)]
    decodings += [Contrastive(alpha=a, amateur=name) for a in (0.1, 0.5) for name in (None, "a")]
    decodings.append(Greedy())
    assert len({decoding.label for decoding in decodings}) == len(set(decodings)) == len(decodings)


@pytest.mark.parametrize("decoding", LABELS.values(), ids=LABELS)
def test_a_decoding_is_read_back_as_it_was_written(decoding: Decoding) -> None:
    line = msgspec.json.encode(decoding)
    assert msgspec.json.decode(line, type=AnyDecoding) == decoding


def test_decodings_are_written_as_by_the_first_version() -> None:
    assert msgspec.json.encode(Beam()) == b'{"kind":"beam","width":8,"length_penalty":0.0}'
    assert msgspec.json.encode(OneShot()) == b'{"kind":"one-shot","example":null}'


def test_short_forms_are_read_with_and_without_their_amount() -> None:
    assert short_forms() == (
        "beam=8, sample=16, greedy, one-shot, contrastive=0.1, k-shot=3 or repetition-penalty=1.2"
    )
    assert parse_decoding("beam=4") == Beam(width=4)
    assert parse_decoding("k-shot=5") == KShot(count=5)
    assert parse_decoding("repetition-penalty=1.3") == RepetitionPenalty(penalty=1.3)
    assert parse_decoding("contrastive=0.2") == Contrastive(alpha=0.2)
    assert parse_decoding(" sample ") == Sample()
    for kind in kinds().values():
        assert parse_decoding(kind.short_form) == kind
    for text in ("sampling", "one-shot=es", "", "beam=4=4"):
        with pytest.raises(UserError):
            parse_decoding(text)


@pytest.mark.parametrize(
    ("kind", "field", "option", "good", "bad", "bounds"),
    [
        ("beam", "width", "--beam", ("1", "256"), ("0", "257", "-1", "4.5", "x"), "1 to 256"),
        ("beam", "length_penalty", "--length-penalty", ("-10", "1.5"), ("11",), "-10 to 10"),
        ("sample", "count", "--sample", ("1", "256"), ("0", "257", "²"), "1 to 256"),
        ("sample", "temperature", "--temperature", ("0.01", "10"), ("0", "nan"), "0.01 to 10"),
        ("sample", "top_p", "--top-p", ("0.01", "1"), ("0", "1.1", "inf"), "0.01 to 1"),
        ("sample", "seed", "--seed", ("0", "123456789"), ("-1", "1.0", ""), "0 or more"),
        ("k-shot", "count", "--k-shot", ("1", "64"), ("0", "65", "1.5"), "1 to 64"),
        ("k-shot", "seed", "--seed", ("0", "7"), ("-1",), "0 or more"),
        (
            "repetition-penalty",
            "penalty",
            "--repetition-penalty",
            ("1", "1.2", "10"),
            ("0.9", "11", "x"),
            "1 to 10",
        ),
        ("contrastive", "alpha", "--contrastive", ("0", "0.1", "1"), ("-0.1", "1.1"), "0 to 1"),
    ],
)
def test_form_command_and_short_form_take_the_same_values(
    kind: str, field: str, option: str, good: tuple[str, ...], bad: tuple[str, ...], bounds: str
) -> None:
    """The lab's form hands its texts to `read_decoding`."""
    amount = kinds()[kind].amount
    for text in (*good, *bad):
        options = {f"--{kind}": "2", option: text}
        ways: list[Callable[[], Decoding]] = [
            partial(read_decoding, kinds()[kind], {field: text}),
            partial(choose_decoding, options),
        ]
        if field == amount:
            ways.append(partial(parse_decoding, f"{kind}={text}"))
        for way in ways:
            if text in good:
                assert way().value(field) == float(text)
                continue
            with pytest.raises(UserError) as caught:
                way()
            assert f"'{text}' is not a" in caught.value.message
            assert bounds in caught.value.message


def test_an_item_is_named_by_its_id_exactly_as_it_is() -> None:
    assert read_decoding(OneShot(), {"example": " es"}) == OneShot(example=" es")
    assert read_decoding(OneShot(), {"example": ""}) == OneShot()


def test_an_option_of_another_decoding_is_named_with_its_owner() -> None:
    with pytest.raises(UserError) as caught:
        choose_decoding({"--beam": "8", "--temperature": "0.7"})
    assert caught.value.message == "--temperature belongs to --sample, not to --beam"
    assert choose_decoding({"--one-shot": True, "--example": "es"}) == OneShot(example="es")


@pytest.mark.parametrize(
    ("decoding", "texts", "sentence", "summary"),
    [
        (Beam(width=2), ("Oslo", "Paris"), "brought back by beam 2 of 2", "beam 2"),
        (Beam(width=2), ("Oslo", "Lima"), "none of 2 beams brought it back", ""),
        (Sample(count=4), ("Oslo", "Paris"), "1 of 4 samples brought it back", "1/4"),
        (Sample(count=4), ("Oslo",), "none of 4 samples brought it back", ""),
        (OneShot(), ("Paris",), "one-shot brought it back", "one-shot"),
        (OneShot(), ("Oslo",), "one-shot did not bring it back", ""),
        (KShot(), ("Paris",), "3-shot brought it back", "3-shot"),
        (Contrastive(), ("Oslo",), "contrastive 0.1 did not bring it back", ""),
    ],
)
def test_what_came_back_is_told_as_the_kind_says(
    decoding: Decoding, texts: tuple[str, ...], sentence: str, summary: str
) -> None:
    result = make_redecode(make_item("fr"), decoding, *texts)
    assert recovery_sentence(result) == sentence
    assert recovery_summary(result) == summary


@pytest.mark.parametrize(
    ("decoding", "texts", "sentence"),
    [
        (Beam(width=2), ("Oslo", "Paris"), "beam 2 of 2 has it"),
        (Beam(width=2), ("Oslo", "Lima"), "none of 2 beams has it"),
        (Sample(count=4), ("Oslo", "Paris"), "1 of 4 samples has it"),
        (Sample(count=4), ("Paris", "It is Paris"), "2 of 4 samples have it"),
        (Sample(count=4), ("Oslo",), "none of 4 samples has it"),
        (OneShot(), ("Paris",), "one-shot has it"),
        (KShot(), ("Oslo",), "3-shot does not have it"),
    ],
)
def test_nothing_comes_back_where_nothing_was_lost(
    decoding: Decoding, texts: tuple[str, ...], sentence: str
) -> None:
    result = make_redecode(make_item("fr"), decoding, *texts)
    assert recovery_sentence(result, demoted=False) == sentence


def test_the_other_variant_is_the_reference_unless_that_is_decoded_or_one_is_named() -> None:
    variants = ("dense", "wanda:0.45", "wanda:0.6")
    for name in variants[1:]:
        assert Contrastive().partner(name, variants) == "dense"
    assert Contrastive().partner("dense", variants) == "wanda:0.45"
    assert Contrastive(amateur="wanda:0.6").partner("wanda:0.45", variants) == "wanda:0.6"
    assert Beam().partner("wanda:0.45", variants) is None


def test_a_decoding_that_is_not_installed_is_named_with_its_line(tmp_path: Path) -> None:
    scored = one_of_each()
    items = [one.item for one in scored]
    with RunLog.open(tmp_path / "run", make_manifest(items), items) as log:
        log.append_scored(scored)
        log.append_redecode(make_redecode(items[0], Beam(), "Paris"))
    path = tmp_path / "run" / "log.jsonl"
    edit_log(path, b'"kind":"beam"', b'"kind":"speculative"')
    with pytest.raises(UserError) as caught:
        read_run(tmp_path / "run")
    line = len(scored) + 1
    assert f"line {line}: the decoding 'speculative' is not installed" in caught.value.message
    assert "Install the package" in caught.value.hint

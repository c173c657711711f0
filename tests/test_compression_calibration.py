"""Where calibration text comes from, and that it comes out the same again."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.compression.calibration import calibration_sequences
from engine.compression.reporter import Reporter
from engine.compression.sampling import SampleFiles, sample_sequences
from engine.compression.texts import CalibrationText
from engine.models.tokens import end_tokens
from engine.records.errors import Cancelled, UserError
from engine.records.manifest import CalibrationRecord
from tests.tiny_models import TEXT, tiny_model, tiny_tokenizer


def _calibrate(
    source: str, cache: Path, *, sequences: int = 3, tokens: int = 20, shipped: str | None = None
) -> tuple[Tensor, CalibrationRecord]:
    return calibration_sequences(
        tiny_model("llama"),
        tiny_tokenizer(),
        CalibrationText(source, sequences, tokens, seed=5),
        SampleFiles(cache, "abc", shipped),
        Reporter(),
    )


def test_sampled_text_is_drawn_from_the_models_own_distribution(tmp_path: Path) -> None:
    model, tokenizer = tiny_model("qwen2"), tiny_tokenizer()
    ends = end_tokens(model, tokenizer)
    text = CalibrationText("auto", sequences=4, tokens=60, seed=1)
    ids = sample_sequences(model, tokenizer, text, Reporter())
    expected = torch.zeros_like(ids)
    generator = torch.Generator().manual_seed(1)
    for position in range(1, 60):
        with torch.no_grad():
            logits = model(expected[:, :position], use_cache=False).logits[:, -1].double()
        drawn = torch.multinomial(logits.softmax(-1).float(), 1, generator=generator)[:, 0]
        ended = torch.tensor([int(token) in ends for token in expected[:, position - 1]])
        expected[:, position] = torch.where(ended, torch.tensor(0), drawn)
    assert torch.equal(ids, expected)
    assert (ids[:, 0] == tokenizer.bos_token_id).all()


def test_the_same_sample_is_read_from_the_cache(tmp_path: Path) -> None:
    first, record = _calibrate("auto", tmp_path)
    stored = list(tmp_path.iterdir())
    assert len(stored) == 1
    second, again = _calibrate("auto", tmp_path)
    assert torch.equal(first, second)
    assert record == again
    assert record.hash == hashlib.sha256(first.numpy().tobytes()).hexdigest()
    assert (record.sequences, record.tokens, record.seed) == (3, 20, 5)


def test_cancelled_sampling_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    steps = 0

    def stop() -> None:
        nonlocal steps
        steps += 1
        if steps > 7:
            raise Cancelled

    with pytest.raises(Cancelled):
        calibration_sequences(
            tiny_model("llama"),
            tiny_tokenizer(),
            CalibrationText("auto", sequences=2, tokens=30, seed=0),
            SampleFiles(tmp_path, "abc"),
            Reporter(check=stop),
        )
    assert list(tmp_path.iterdir()) == []


def test_the_shipped_sample_is_used_where_shape_and_seed_are_its_own(tmp_path: Path) -> None:
    name = "smollm2-135m-instruct.safetensors"
    ids, record = calibration_sequences(
        tiny_model("llama"),
        tiny_tokenizer(),
        CalibrationText("auto", sequences=16, tokens=512, seed=0),
        SampleFiles(tmp_path, "abc", name),
        Reporter(lambda *_: pytest.fail("nothing is to be sampled")),
    )
    assert ids.shape == (16, 512)
    assert ids.dtype == torch.int64
    assert (ids[:, 0] == 1).all()
    assert record.source == "auto"
    assert list(tmp_path.iterdir()) == []
    other, _ = _calibrate("auto", tmp_path, shipped=name)
    assert other.shape == (3, 20)


def test_chats_begin_with_an_empty_turn_of_the_user_and_go_on_by_themselves(tmp_path: Path) -> None:
    model, tokenizer = tiny_model("llama"), tiny_tokenizer()
    text = CalibrationText("chat", sequences=2, tokens=40, seed=1)
    ids = sample_sequences(model, tokenizer, text, Reporter())
    whole = tokenizer.apply_chat_template([{"role": "user", "content": "X"}], tokenize=False)
    begun = tokenizer(str(whole).split("X")[0], add_special_tokens=False)["input_ids"]
    assert begun
    expected = torch.zeros_like(ids)
    expected[:, : len(begun)] = torch.tensor(begun)
    generator = torch.Generator().manual_seed(1)
    for position in range(len(begun), 40):
        with torch.no_grad():
            logits = model(expected[:, :position], use_cache=False).logits[:, -1].double()
        expected[:, position] = torch.multinomial(
            logits.softmax(-1).float(), 1, generator=generator
        )[:, 0]
    assert torch.equal(ids, expected)
    first, _ = _calibrate("chat", tmp_path)
    again, record = _calibrate("chat", tmp_path)
    assert torch.equal(first, again)
    assert record.source == "chat"
    assert not torch.equal(first, _calibrate("auto", tmp_path)[0])


def test_a_model_without_a_chat_template_has_no_chats(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = None
    text = CalibrationText("chat", sequences=2, tokens=40, seed=1)
    with pytest.raises(UserError, match="chat template"):
        sample_sequences(tiny_model("llama"), tokenizer, text, Reporter())


def test_several_sources_come_in_equal_parts(tmp_path: Path) -> None:
    solved = [(5, 6, 7), (8, 9), (10, 11, 12, 13)]
    ids, record = calibration_sequences(
        tiny_model("llama"),
        tiny_tokenizer(),
        CalibrationText("auto+items", sequences=5, tokens=20, seed=5),
        SampleFiles(tmp_path, "abc"),
        Reporter(),
        solved=lambda: solved,
    )
    alone, _ = _calibrate("auto", tmp_path, sequences=5)
    assert torch.equal(ids[:3], alone[:3])
    rest = ids[3:].flatten().tolist()
    rounds = sum(map(len, solved))
    assert sorted(rest[:rounds]) == sorted(token for item in solved for token in item)
    assert sorted(rest[rounds : 2 * rounds]) == sorted(rest[:rounds])
    assert record.source == "auto+items"
    assert record.hash == hashlib.sha256(ids.numpy().tobytes()).hexdigest()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("auto+auto", "twice"),
        ("auto+", "twice, or none"),
        ("auto+chat+items+c4", "4 sources for 3 sequences"),
        ("items", "there are none"),
    ],
)
def test_sources_that_can_not_be_joined_are_refused(
    source: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        _calibrate(source, tmp_path)


def test_a_text_file_is_cut_into_windows(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("\n".join(TEXT), encoding="utf-8")
    ids, record = _calibrate(str(path), tmp_path / "cache")
    text = tiny_tokenizer()("\n".join(TEXT))["input_ids"]
    windows = [text[start : start + 20] for start in range(len(text) - 19)]
    assert all(row in windows for row in ids.tolist())
    assert record.source == str(path)
    assert torch.equal(ids, _calibrate(str(path), tmp_path / "cache")[0])


def test_text_that_does_not_do_is_refused(tmp_path: Path) -> None:
    short = tmp_path / "short.txt"
    short.write_text("Paris.")
    with pytest.raises(UserError, match="3 sequences of 20 tokens need 60"):
        _calibrate(str(short), tmp_path)
    with pytest.raises(UserError, match=r"missing\.txt can't be read"):
        _calibrate(str(tmp_path / "missing.txt"), tmp_path)
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not UTF-8"):
        _calibrate(str(binary), tmp_path)


def test_an_unreachable_hub_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    message = r"the dataset allenai/c4 is not in the Hub's cache .* HF_HUB_OFFLINE is set"
    with pytest.raises(UserError, match=message):
        _calibrate("c4", tmp_path)

"""A model of the Hub, out of the local cache; and what is said where it is nowhere."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli_helpers import run_cli
from tests.tiny_models import save_tiny_checkpoint

REVISION = "0123456789abcdef0123456789abcdef01234567"


def put_into_cache(hub: Path, repository: str, kind: str) -> None:
    """Lay a tiny checkpoint out as huggingface_hub keeps a downloaded model."""
    folder = hub / f"models--{repository.replace('/', '--')}"
    save_tiny_checkpoint(kind, folder / "snapshots" / REVISION)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(REVISION)


def test_qwen_at_70_percent_from_the_hubs_cache(tmp_path: Path) -> None:
    put_into_cache(tmp_path / "hub", "Qwen/Qwen3-8B", "qwen3")
    items = tmp_path / "items.jsonl"
    rows = [
        {"id": f"{number}", "language": "en", "question": f"{number}?", "gold": f"{number}"}
        for number in range(6)
    ]
    items.write_text("\n".join(map(json.dumps, rows)))
    done = run_cli(
        tmp_path,
        *("score", "--model", "qwen", "--sparsity", "0.7", "--items", items),
        *("--calibration", _text(tmp_path), "--out", tmp_path / "run", "--json"),
        HF_HUB_CACHE=str(tmp_path / "hub"),
    )
    assert done.returncode == 0, done.stderr
    assert abs(json.loads(done.stdout)["achieved_sparsity"] - 0.7) < 0.05
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["model"]["name"] == "Qwen/Qwen3-8B"
    assert manifest["model"]["revision"] == REVISION
    assert manifest["model"]["architecture"] == "Qwen3ForCausalLM"


def test_a_model_that_is_nowhere_is_one_clear_error_offline(tmp_path: Path) -> None:
    done = run_cli(
        tmp_path,
        *("score", "--model", "qwen-0.6b", "--sparsity", "0.5", "--out", tmp_path / "run"),
        HF_HUB_CACHE=str(tmp_path / "hub"),
    )
    assert done.returncode == 1
    assert "Qwen/Qwen3-0.6B" in done.stderr
    assert "Unset HF_HUB_OFFLINE" in done.stderr
    assert "--model smollm2" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_does_not_fit_is_refused_with_numbers_before_anything_is_fetched(
    tmp_path: Path,
) -> None:
    done = run_cli(
        tmp_path,
        *("score", "--model", "qwen", "--dtype", "float32", "--sparsity", "0.1,0.2,0.3,0.4,0.5"),
        *("--out", tmp_path / "run", "--max-memory", "4"),
        HF_HUB_CACHE=str(tmp_path / "hub"),
    )
    assert done.returncode == 1
    assert "does not fit" in done.stderr
    assert "GiB" in done.stderr
    assert "--model smollm2 fits" in done.stderr


def _text(tmp_path: Path) -> Path:
    text = tmp_path / "text.txt"
    text.write_text("The capital of France is Paris, and the capital of Japan is Tokyo. " * 600)
    return text

"""Code that a model brings runs only where the user says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from engine.records.decodings.beam import Beam
from engine.records.protocol import Decode, Failed, OpenRun, RunFinished, StartRun
from tests.engine_process import Engine, tiny_settings

CODE = """
from pathlib import Path
from transformers import LlamaConfig, LlamaForCausalLM

Path({marker!r}).touch()

class OwnConfig(LlamaConfig):
    model_type = "own"

class OwnModel(LlamaForCausalLM):
    config_class = OwnConfig
"""


def own_code(checkpoint: Path, directory: Path, marker: Path) -> Path:
    """A checkpoint with its model class in a file beside it, which leaves a mark when it runs."""
    shutil.copytree(checkpoint, directory)
    (directory / "own.py").write_text(CODE.format(marker=str(marker)))
    file = directory / "config.json"
    config = json.loads(file.read_text())
    config |= {
        "model_type": "own",
        "architectures": ["OwnModel"],
        "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnModel"},
    }
    file.write_text(json.dumps(config))
    return directory


def test_a_models_code_runs_by_its_flag_and_never_for_a_saved_runs_sake(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    marker = tmp_path / "it ran"
    model = own_code(checkpoint, tmp_path / "own", marker)
    plain = tiny_settings(model, recipes=("magnitude:0.5",), limit=2)
    engine.send(StartRun(settings=plain, directory=str(tmp_path / "refused")))
    failed = engine.until(Failed)
    assert isinstance(failed, Failed)
    assert "--trust-remote-code" in failed.hint
    assert not marker.exists()

    trusting = tiny_settings(model, recipes=("magnitude:0.5",), limit=2, trust_remote_code=True)
    run = str(tmp_path / "run")
    engine.send(StartRun(settings=trusting, directory=run))
    engine.until(RunFinished)
    assert marker.exists()
    engine.process.kill()
    engine.process.wait()

    marker.unlink()
    another = Engine(tmp_path)
    try:
        another.send(OpenRun(directory=run))
        another.send(Decode(item_id="capital-cn-en", variants=("dense",), decoding=Beam(width=2)))
        failed = another.until(Failed)
    finally:
        another.process.kill()
        another.process.wait()
    assert isinstance(failed, Failed)
    assert "--trust-remote-code and --out" in failed.hint
    assert not marker.exists()

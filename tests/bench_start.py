"""How soon the engine has scored its first item, beside a script that does nothing but load.

    python -m tests.bench_start [--json FILE] [--short]

The engine is started with a run whose variant is cached, and timed up to the first scored item.
The script imports the model's class, loads the model, and computes one forward pass. Both are
processes of their own, measured alternately, after a first one of each that isn't counted: what
they read is in the disk cache by then.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from engine.models.devices import choose_placement
from engine.models.embedded import embedded_model
from engine.models.paths import cache_directory
from engine.records.protocol import ItemScored, ManifestChanged, StartRun
from engine.records.settings import Settings
from tests.bench_figures import Table, parser
from tests.cli_helpers import environment
from tests.engine_process import Engine, tiny_settings
from tests.tiny_models import save_tiny_checkpoint

GOAL = 1.3
SCRIPT = """
import sys
import torch
from transformers.models.llama.modeling_llama import LlamaForCausalLM
dtype = torch.bfloat16 if sys.argv[2] == "bfloat16" else torch.float32
model = LlamaForCausalLM.from_pretrained(sys.argv[1], dtype=dtype)
with torch.no_grad():
    model(input_ids=torch.arange(3, 19).unsqueeze(0))
print("done", flush=True)
"""


def engine_seconds(home: Path, settings: Settings, **more: str) -> tuple[float, float]:
    """From starting an engine to all being ready for scoring, and to the first scored item."""
    with tempfile.TemporaryDirectory(dir=home) as directory:
        began = time.monotonic()
        engine = Engine(home, **more)
        engine.send(StartRun(settings=settings, directory=f"{directory}/run"))
        ready = 0.0
        for event in engine.events():
            if isinstance(event, ManifestChanged):
                ready = time.monotonic() - began
            elif isinstance(event, ItemScored):
                break
        scored = time.monotonic() - began
        engine.process.kill()
        engine.process.wait()
    return ready, scored


def script_seconds(home: Path, directory: Path, dtype: str) -> float:
    """From starting the script to the end of its forward pass."""
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(directory), dtype],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise RuntimeError("the script failed")
        return time.monotonic() - began


def main() -> None:
    """Print the seconds of both, and their ratio."""
    arguments = parser("bench_start")
    arguments.add_argument("--repeats", type=int, default=5)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        if options.short:
            options.repeats = 1
            directory = save_tiny_checkpoint("llama", home)
            settings, more, dtype = tiny_settings(directory), {}, "float32"
        else:
            directory = embedded_model(cache_directory(), lambda *_: None, lambda: None)
            more = {"XDG_CACHE_HOME": str(cache_directory().parent)}
            settings, dtype = Settings(languages=("en",)), choose_placement("cpu", "auto").dtype
        engine, script = [], []
        for _ in range(options.repeats + 1):
            script.append(script_seconds(home, directory, dtype))
            engine.append(engine_seconds(home, settings, **more))
    ready, scored = zip(*engine[1:], strict=True)
    bare = script[1:]
    table = Table()
    table.add("script, seconds to the end of a forward pass", bare)
    table.add("engine, seconds until it begins to score", ready)
    table.add("engine, seconds to the first scored item", scored)
    table.add("beginning to score / script", _ratios(ready, bare))
    table.add("first scored item / script", _ratios(scored, bare), at_most=GOAL)
    table.write(options.json)


def _ratios(mine: Sequence[float], bare: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(mine, bare, strict=True)]


if __name__ == "__main__":
    main()

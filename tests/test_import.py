"""Other programs' evaluations of two models become a run, with what they lack left absent."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.analysis.frame import run_frame
from engine.analysis.rejudging import rejudge
from engine.importing import import_runs
from engine.records.errors import UserError
from engine.reports.export import export
from engine.reports.plain import render_text
from engine.reports.report import full_summary


def harness_choice(doc_id: int, values: list[float], **fields: Any) -> dict[str, Any]:
    """A line as lm_eval 0.4's EvaluationTracker.save_results_samples writes it."""
    choices = ["Paris", "Rome", "Oslo"]
    line = {
        "doc_id": doc_id,
        "doc": {"question": f"Capital of France {doc_id}?", "choices": choices, "answer": 0},
        "target": "0",
        "arguments": {
            f"gen_args_{n}": {"arg_0": "Question: …\nAnswer:", "arg_1": f" {choice}"}
            for n, choice in enumerate(choices)
        },
        "resps": [[[str(value), "False"]] for value in values],
        "filtered_resps": [[str(value), "False"] for value in values],
        "filter": "none",
        "metrics": ["acc", "acc_norm"],
        "doc_hash": "d",
        "prompt_hash": "p",
        "target_hash": "t",
        "acc": float(values.index(max(values)) == 0),
        "acc_norm": 0.0,
    }
    return line | fields


def harness_answer(doc_id: int, text: str, **fields: Any) -> dict[str, Any]:
    line = {
        "doc_id": doc_id,
        "doc": {"question": "Where is the Louvre?", "context": "In Paris, France."},
        "target": "['Paris', 'City of Light']",
        "arguments": {"gen_args_0": {"arg_0": "Q: …\nA:", "arg_1": {"until": ["\n"]}}},
        "resps": [[text]],
        "filtered_resps": [text],
        "filter": "none",
        "metrics": ["exact_match"],
        "exact_match": 0.0,
    }
    return line | fields


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_choices_of_the_harness_become_pairs(tmp_path: Path) -> None:
    dense = write(
        tmp_path / "org__big" / "samples_capitals_2026.jsonl",
        [harness_choice(0, [-1, -2, -3]), harness_choice(1, [-1, -2, -3])],
    )
    pruned = write(
        tmp_path / "org__big-pruned" / "samples_capitals_2026.jsonl",
        [harness_choice(0, [-1, -2, -3]), harness_choice(1, [-4, -2, -3])],
    )
    run = import_runs(dense, pruned.parent, tmp_path / "run", language="en")
    assert run.manifest.settings.variants == ("dense", "checkpoint:org/big-pruned")
    assert run.manifest.settings.model == "org/big"
    frame = run_frame(run)
    assert frame["question"].to_list() == ["Capital of France 0?", "Capital of France 1?"]
    assert frame["gold"].to_list() == ["Paris", "Paris"]
    assert frame["dense_choice_correct"].to_list() == [True, True]
    assert frame["pruned_choice_correct"].to_list() == [True, False]
    assert frame["flip"].to_list() == ["none", "right-to-wrong"]
    for absent in ("outcome", "dense_answer", "pruned_gold_rank", "kl_vocabulary"):
        assert frame[absent].to_list() == [None, None], absent
    p = [math.exp(-v) / sum(math.exp(-w) for w in (1, 2, 3)) for v in (1, 2, 3)]
    q = [math.exp(-v) / sum(math.exp(-w) for w in (4, 2, 3)) for v in (4, 2, 3)]
    expected = sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    assert frame["kl_options"].to_list() == [pytest.approx(0), pytest.approx(expected)]
    text = render_text(full_summary(run))
    assert "choice right" in text
    assert "open answer right" not in text
    for suffix in (".md", ".html", ".csv", ".jsonl"):
        assert export(run, tmp_path / f"run{suffix}") == 2


def test_importing_again_changes_nothing(tmp_path: Path) -> None:
    dense = write(tmp_path / "a" / "samples_x.jsonl", [harness_choice(0, [-1, -2, -3])])
    pruned = write(tmp_path / "b" / "samples_x.jsonl", [harness_choice(0, [-3, -2, -1])])
    run = import_runs(dense, pruned, tmp_path / "run")
    log = (tmp_path / "run" / "log.jsonl").read_bytes()
    assert import_runs(dense, pruned, tmp_path / "run") == run
    assert (tmp_path / "run" / "log.jsonl").read_bytes() == log


def test_generated_answers_are_judged_and_a_differing_metric_is_noted(tmp_path: Path) -> None:
    dense = write(
        tmp_path / "a" / "samples_qa.jsonl",
        [harness_answer(0, " Paris", exact_match=1.0), harness_answer(1, " the City of Light.")],
    )
    pruned = write(
        tmp_path / "b" / "samples_qa.jsonl",
        [harness_answer(0, " a museum"), harness_answer(1, " Paris", exact_match=1.0)],
    )
    run = import_runs(dense, pruned, tmp_path / "run", language="en")
    frame = run_frame(run)
    assert frame["outcome"].to_list() == ["lost", "kept"]
    assert frame["aliases"].to_list() == ["City of Light"] * 2
    assert frame["has_passage"].to_list() == [True, True]
    assert frame["pruned_choice_correct"].to_list() == [None, None]
    assert run.scored["1"].notes == ("dense: exact_match is 0 in the imported file, right here",)
    again = run_frame(rejudge(tmp_path / "run", "exact"))
    assert again["outcome"].to_list() == ["lost", "kept"]


def test_several_filters_of_one_answer_count_once(tmp_path: Path) -> None:
    lines = [
        harness_answer(0, "Paris", filter="strict-match"),
        harness_answer(0, "Paris", filter="flexible-extract"),
    ]
    path = write(tmp_path / "a" / "samples_qa.jsonl", lines)
    assert len(import_runs(path, path, tmp_path / "run").items) == 1


@pytest.mark.parametrize(
    ("target", "options", "values", "accuracy", "gold"),
    [
        ("1", ["Paris", "Rome"], [-1, -2], 0.0, "Rome"),
        ("Rome", ["Paris", "Rome"], [-1, -2], 0.0, "Rome"),
        ("2", ["4", "2", "6"], [-1, -2, -3], 0.0, "2"),
        ("2", ["4", "2", "6"], [-3, -2, -1], 1.0, "6"),
    ],
)
def test_a_target_is_a_number_or_a_text(
    tmp_path: Path,
    target: str,
    options: list[str],
    values: list[float],
    accuracy: float,
    gold: str,
) -> None:
    line = harness_choice(
        0,
        values,
        target=target,
        acc=accuracy,
        arguments={
            f"gen_args_{n}": {"arg_0": "Q", "arg_1": f" {option}"}
            for n, option in enumerate(options)
        },
    )
    path = write(tmp_path / "a" / "samples_x.jsonl", [line])
    run = import_runs(path, path, tmp_path / "run")
    assert [item.gold for item in run.items] == [gold]
    assert not run.scored["0"].notes


def lighteval_rows(texts: list[str], values: list[list[float]]) -> pl.DataFrame:
    """Details as lighteval 0.13 writes them: one struct each of doc, metric, model_response."""
    return pl.DataFrame(
        [
            {
                "doc": {
                    "choices": [" Paris", " Rome"],
                    "gold_index": [0],
                    "id": str(n),
                    "query": f"Capital {n}?",
                    "specific": None,
                    "task_name": "capitals|0",
                },
                "metric": {"acc": 1.0},
                "model_response": {
                    "input": "…",
                    "text": [text] if text else [],
                    "logprobs": logprobs,
                    "output_tokens": [[1]],
                },
            }
            for n, (text, logprobs) in enumerate(zip(texts, values, strict=True))
        ]
    )


def test_details_of_lighteval_become_pairs(tmp_path: Path) -> None:
    paths = []
    for model, frame in {
        "org/a": lighteval_rows(["", "It is Paris"], [[-1.0, -2.0], [-0.1, -0.2]]),
        "org/b": lighteval_rows(["", "Rome"], [[-2.0, -1.0], [-0.3]]),
    }.items():
        path = tmp_path / "details" / model / "2026-01-01T00" / "details_capitals|0_2026.parquet"
        path.parent.mkdir(parents=True)
        frame.write_parquet(path)
        paths.append(path)
    run = import_runs(paths[0], paths[1], tmp_path / "run", language="en")
    assert run.manifest.settings.model == "org/a"
    frame = run_frame(run)
    assert frame["dense_choice_correct"].to_list() == [True, None]
    assert frame["pruned_choice_correct"].to_list() == [False, None]
    assert frame["outcome"].to_list() == [None, "lost"]
    assert run.scored["0"].notes == ("checkpoint:org/b: acc is 1 in the imported file, wrong here",)


def test_a_question_that_one_file_lacks_is_absent_there(tmp_path: Path) -> None:
    both, one = harness_choice(0, [-1, -2, -3]), harness_choice(1, [-1, -2, -3])
    dense = write(tmp_path / "a" / "samples_x.jsonl", [both, one])
    pruned = write(tmp_path / "b" / "samples_x.jsonl", [both])
    frame = run_frame(import_runs(dense, pruned, tmp_path / "run"))
    assert frame["pruned_choice_correct"].to_list() == [True, None]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([{"doc_id": 0}], "line 1: Object missing required field"),
        ([harness_choice(0, [-1, -2, -3], target="7")], "target '7' is none of the 3 options"),
        ([harness_choice(0, [-1, -2])], "3 arguments and 2 responses"),
        ([harness_choice(0, [-1, -2, -3])] * 2, "line 2: .* appears twice"),
        ([harness_choice(0, [-1, -2, -3], resps=[[["x", "y"]]] * 3)], "something other than log"),
        ([], "has no samples"),
    ],
)
def test_a_file_that_is_not_as_expected_names_the_place(
    tmp_path: Path, lines: list[dict[str, Any]], message: str
) -> None:
    path = write(tmp_path / "a" / "samples_x.jsonl", lines)
    with pytest.raises(UserError, match=message):
        import_runs(path, path, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_two_tasks_are_not_paired(tmp_path: Path) -> None:
    dense = write(tmp_path / "a" / "samples_x.jsonl", [harness_choice(0, [-1, -2, -3])])
    other = write(tmp_path / "b" / "samples_x.jsonl", [harness_answer(0, "Paris")])
    with pytest.raises(UserError, match="not of the same task: question 0 differs"):
        import_runs(dense, other, tmp_path / "run")
    with pytest.raises(UserError, match="0 files of samples"):
        import_runs(tmp_path, dense, tmp_path / "run")
    with pytest.raises(UserError, match="does not exist"):
        import_runs(tmp_path / "nowhere", dense, tmp_path / "run")
    (tmp_path / "c.parquet").write_bytes(b"not parquet")
    with pytest.raises(UserError, match="not a Parquet file"):
        import_runs(tmp_path / "c.parquet", dense, tmp_path / "run")
    pl.DataFrame({"full_prompt": ["x"]}).write_parquet(tmp_path / "old.parquet")
    with pytest.raises(UserError, match="no column doc and no column model_response"):
        import_runs(tmp_path / "old.parquet", dense, tmp_path / "run")

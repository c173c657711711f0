"""Remedies: chosen on one half of the items, proven on the other."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import msgspec
import pytest
import torch

from engine.analysis.remedying import changes, task_figures
from engine.items.halves import halves
from engine.items.reading import read_items
from engine.methods.levers import changed
from engine.methods.recipes import parse_recipe
from engine.records.decodings.beam import Beam
from engine.records.items import Item
from engine.records.protocol import (
    CheckpointSaved,
    Decode,
    DecodeFinished,
    Failed,
    ItemScored,
    OpenRun,
    Prune,
    Remedy,
    RemedyFound,
    RemedyTried,
    RunFinished,
    StartRun,
)
from engine.records.recipes import Recipe
from engine.records.remedies import RemedyReport, Trial
from engine.remedies.search import search
from engine.runs.reading import read_manifest
from engine.runs.remedies import REMEDIES
from tests.cli_helpers import run_cli
from tests.engine_process import Engine, tiny_settings
from tests.probing_helpers import Bench
from tests.runs_helpers import one_of_each
from tests.tiny_models import TEXT, TOKENS, tiny_model, tiny_tokenizer


def test_halves_have_no_item_in_common_and_depend_on_ids_alone() -> None:
    items = read_items("capitals", languages=("en", "es"), limit=21).items
    both = halves(items, seed=3)
    for language in ("en", "es"):
        sizes = [
            sum(one.language == language for one in half) for half in (both.choosing, both.held_out)
        ]
        assert sizes == [10, 11]
    chosen = {item.id for item in both.choosing}
    assert not chosen & {item.id for item in both.held_out}
    mixed = list(items)
    random.Random(0).shuffle(mixed)
    poisoned = [msgspec.structs.replace(item, question="?", gold="!") for item in mixed]
    assert {item.id for item in halves(poisoned, seed=3).choosing} == chosen
    assert {item.id for item in halves(items, seed=4).choosing} != chosen


def _trial(recipe: Recipe, right: int, gold: float = -1.0) -> Trial:
    return Trial(
        recipe=str(recipe),
        open_right=right,
        choice_right=10,
        n=20,
        gold_log_probability=gold,
        achieved_sparsity=0.5,
        seconds=1.0,
    )


def test_the_search_adds_what_helps_and_takes_back_what_does_not() -> None:
    """The method matters only as long as the calibration text isn't the items'."""

    def tried(recipe: Recipe) -> Trial:
        right = 5 * (recipe.method == "sparsegpt")
        if recipe.calibration == "items":
            right = 8 + ("gold" in recipe.modifiers)
        return _trial(recipe, right, -1.0 + 0.1 * (recipe.method == "sparsegpt"))

    found = search(parse_recipe("wanda:0.5"), ("items", "chat"), tried)
    assert str(found.path[0]) == "wanda:0.5@items"
    assert str(found.best) == "wanda:0.5+gold@items"
    assert found.best != found.path[-1]
    assert {str(one) for one in found.singles} >= {"sparsegpt:0.5", "wanda:0.5@items"}
    assert [str(one) for one in found.baselines] == ["wanda:0.5+owl", "wanda:0.5+shuffled@items"]
    assert parse_recipe("wanda:0.5") not in found.proven


def test_the_search_stays_where_nothing_helps() -> None:
    base = parse_recipe("sparsegpt:2:4")
    found = search(base, ("items",), lambda recipe: _trial(recipe, int(recipe == base)))
    assert found.best == base
    assert found.path == ()


def test_only_valid_recipes_are_tried() -> None:
    tried = {
        str(recipe)
        for written in ("wanda:2:4", "gptq:4:64", "ria:0.5+owl+swaps")
        for lever in ("method", "allocation", "calibration")
        for recipe in changed(parse_recipe(written), lever, ("chat",))
    }
    assert {"sparsegpt:2:4", "wanda:2:4@chat", "gptq:4:64@chat", "ria:0.5+swaps"} <= tried
    assert "ria:0.5+gold+swaps" in tried
    assert not any("2:4+" in name or "shuffled" in name or "noise" in name for name in tried)
    for name in tried:
        assert str(parse_recipe(name)) == name


def test_changes_are_told_from_the_variant() -> None:
    base = parse_recipe("wanda:0.5")
    assert changes(parse_recipe("sparsegpt:0.5+gold@chat"), base) == (
        "sparsegpt",
        "+gold",
        "calibrated on chat",
    )
    assert changes(base, base) == ()


def test_figures_count_what_came_back_and_what_broke() -> None:
    scored = one_of_each()
    before = {one.item.id: one.scores["wanda:0.45"] for one in scored}
    after = {one.item.id: one.scores["dense"] for one in scored}
    figures = task_figures(after, before)
    outcomes = {"kept": 0, "recognition-only": 1, "lost": 1, "gained": -1, "never": 0}
    assert figures.n == len(scored) == len(outcomes)
    assert figures.brought_back == 2
    assert figures.newly_broken == 1
    # Of three discordant pairs two on one side: 2 · (C(3,2) + C(3,3)) / 2³, at most 1.
    assert figures.p_value == 1.0
    assert figures.open_accuracy == pytest.approx(3 / 5)


def _items_file(path: Path, items: list[Item]) -> Path:
    fields = ("id", "language", "question", "gold", "options", "stem")
    rows = [{name: getattr(item, name) for name in fields} for item in items]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _remedied(engine: Engine, checkpoint: Path, items: Path, run: Path) -> RemedyReport:
    settings = tiny_settings(checkpoint, items=str(items), limit=None)
    engine.send(StartRun(settings=settings, directory=str(run)))
    engine.until(RunFinished)
    engine.send(Remedy(control="currencies"))
    found = engine.until(RemedyFound)
    assert isinstance(found, RemedyFound)
    return found.report


def test_poisoned_held_out_items_change_nothing_of_what_is_chosen(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    items = list(read_items("capitals", languages=("en",), limit=12).items)
    held_out = {item.id for item in halves(items, seed=0).held_out}
    poisoned = [
        msgspec.structs.replace(
            item, question="What is nothing?", gold="poison", options=("poison", "bane"), stem="It"
        )
        if item.id in held_out
        else item
        for item in items
    ]
    whole = _remedied(engine, checkpoint, _items_file(tmp_path / "a.jsonl", items), tmp_path / "a")
    other = _remedied(
        engine, checkpoint, _items_file(tmp_path / "b.jsonl", poisoned), tmp_path / "b"
    )

    def chosen(report: RemedyReport) -> list[Trial]:
        return [msgspec.structs.replace(trial, seconds=0.0) for trial in report.trials]

    assert chosen(whole) == chosen(other)
    assert whole.best.recipe == other.best.recipe
    assert whole.held_out == other.held_out == 6
    assert whole.dense.held_out != other.dense.held_out or whole.variant != other.variant


def test_a_killed_search_goes_on_where_it_was(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    settings = tiny_settings(checkpoint)
    engine.send(StartRun(settings=settings, directory=str(tmp_path / "run")))
    engine.until(RunFinished)
    engine.send(Remedy(control="currencies"))
    for _ in range(3):
        engine.until(RemedyTried)
    engine.process.kill()
    engine.process.wait()
    torn = tmp_path / "run" / REMEDIES
    kept = torn.read_bytes()
    torn.write_bytes(kept + b'{"kind":"tri')
    done = run_cli(tmp_path, "remedy", tmp_path / "run", "--control", "currencies", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert torn.read_bytes().startswith(kept)
    for name in ("dense", "variant", "best"):
        assert report[name]["n"] == 6
        for field in ("open_accuracy", "choice_accuracy", "achieved_sparsity"):
            assert isinstance(report[name][field], float)
    assert report["dense"]["achieved_sparsity"] == 0
    assert report["variant"]["achieved_sparsity"] == pytest.approx(0.5, abs=0.01)
    assert {"wanda:0.5+owl"} <= {row["recipe"] for row in report["remedies"]}
    again = run_cli(tmp_path, "remedy", tmp_path / "run", "--control", "currencies", "--json")
    assert again.stdout == done.stdout
    table = run_cli(tmp_path, "remedy", tmp_path / "run", "--control", "currencies")
    assert "Held-out half, 6 items" in table.stdout


def test_perplexity_is_measured_on_a_text_of_ones_own(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    # Of a finished checkpoint little is tried, so that this takes little time.
    first = _remedied_checkpoint(engine, checkpoint, checkpoint, tmp_path / "run")
    assert len(first.rows) == 4
    assert {row.perplexity for row in first.rows} == {None}
    engine.process.kill()
    engine.process.wait()
    text = tmp_path / "text.txt"
    text.write_text("\n".join(TEXT * 3))
    arguments = ("remedy", tmp_path / "run", "--control", "currencies", "--text", text)
    done = run_cli(tmp_path, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    report = msgspec.json.decode(done.stdout, type=RemedyReport)
    assert report.text is not None
    assert report.text.tokens == TOKENS
    assert all(row.perplexity for row in report.rows)
    # The search itself is the one that was over already.
    assert report.trials == first.trials
    model, tokenizer = tiny_model("llama"), tiny_tokenizer()
    ids = tokenizer(text.read_text())["input_ids"]
    losses = []
    for window in range(report.text.windows):
        part = ids[window * TOKENS : (window + 1) * TOKENS]
        with torch.no_grad():
            logits = model(torch.tensor([part])).logits[0]
        for place, token in enumerate(part[1:]):
            losses.append(-float(logits[place].log_softmax(-1)[token]))
    assert report.dense.perplexity == pytest.approx(math.exp(sum(losses) / len(losses)), rel=1e-4)
    table = run_cli(tmp_path, *arguments)
    assert f"{report.dense.perplexity:.2f}" in table.stdout
    text.write_text("Too short.")
    refused = run_cli(tmp_path, *arguments)
    assert refused.returncode == 2
    assert "too few for a perplexity" in refused.stderr
    missing = run_cli(tmp_path, *arguments[:-1], tmp_path / "none.txt")
    assert missing.returncode == 2
    assert "can't be read" in missing.stderr


def test_what_can_not_be_mended_is_said(engine: Engine, checkpoint: Path, tmp_path: Path) -> None:
    settings = tiny_settings(checkpoint, limit=2)
    engine.send(StartRun(settings=settings, directory=str(tmp_path / "run")))
    engine.until(RunFinished)
    engine.send(Remedy(variant="wanda:0.9"))
    failed = engine.until(Failed)
    assert isinstance(failed, Failed)
    assert "no variant" in failed.message
    engine.send(OpenRun(directory=str(tmp_path / "run")))
    engine.send(Remedy())
    failed = engine.until(Failed)
    assert isinstance(failed, Failed)
    assert "too few" in failed.message


def _remedied_checkpoint(engine: Engine, checkpoint: Path, other: Path, run: Path) -> RemedyReport:
    settings = tiny_settings(checkpoint, recipes=(f"checkpoint:{other}",))
    engine.send(StartRun(settings=settings, directory=str(run)))
    engine.until(RunFinished)
    engine.send(Remedy(control="currencies"))
    found = engine.until(RemedyFound)
    assert isinstance(found, RemedyFound)
    return found.report


def test_blocks_of_a_finished_checkpoint_are_restored_at_a_price(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "saved"
    engine.send(Prune(settings=tiny_settings(checkpoint), directory=str(saved)))
    engine.until(CheckpointSaved)
    report = _remedied_checkpoint(engine, checkpoint, saved, tmp_path / "run")
    recipe = f"checkpoint:{saved}"
    assert report.best == report.variant
    assert report.remedies == ()
    assert report.notes == ()
    restored, drawn, *pruned = report.priced
    assert (restored.role, drawn.role) == ("remedy", "baseline")
    assert {restored.recipe, drawn.recipe} < {f"{recipe}+keep={block}" for block in range(3)}
    assert restored.achieved_sparsity == pytest.approx(1 / 3, abs=0.01)
    # Budget-matched: the dense model pruned to the sparsity that one dense block of three leaves.
    assert {row.recipe for row in pruned} == {
        f"{name}:{round(restored.achieved_sparsity, 3):g}" for name in ("ria", "sparsegpt", "wanda")
    }
    assert all(row.n == 6 for row in report.priced)
    assert {row.recipe for row in report.decodings} == {"dense", recipe}
    assert all(row.tokens > 0 and row.prompt_tokens for row in report.decodings)
    # What was restored is the checkpoint with that block, also when it is written.
    mixed = tmp_path / "mixed"
    settings = tiny_settings(checkpoint, recipes=(restored.recipe,))
    engine.send(Prune(settings=settings, directory=str(mixed)))
    written = engine.until(CheckpointSaved)
    assert isinstance(written, CheckpointSaved)
    [variant] = written.manifest.variants
    assert variant.achieved_sparsity == restored.achieved_sparsity
    both = tiny_settings(checkpoint, recipes=(restored.recipe, f"checkpoint:{mixed}"))
    engine.seen.clear()
    engine.send(StartRun(settings=both, directory=str(tmp_path / "again")))
    engine.until(RunFinished)
    for event in engine.of(ItemScored):
        assert isinstance(event, ItemScored)
        _, one, same = event.scored.scores.values()
        assert one == same


def test_of_a_checkpoint_of_another_shape_only_decodings_are_tried(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    shallow = tmp_path / "shallow"
    model = Bench("llama").model
    Bench("llama").cut_after(model, 1).save_pretrained(shallow)
    tiny_tokenizer().save_pretrained(shallow)
    report = _remedied_checkpoint(engine, checkpoint, shallow, tmp_path / "run")
    assert report.priced == ()
    [note] = report.notes
    assert "no block was restored" in note
    assert {row.recipe for row in report.decodings} == {"dense", f"checkpoint:{shallow}"}
    refused = run_cli(tmp_path, "remedy", tmp_path / "run", "--save", tmp_path / "mended")
    assert refused.returncode == 2
    assert "is finished" in refused.stderr


def test_a_question_meanwhile_is_answered_by_the_variant_that_it_is_about(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    """A search exchanges weights all the time; what is asked between two of its steps is right."""
    settings = tiny_settings(checkpoint)
    engine.send(StartRun(settings=settings, directory=str(tmp_path / "run")))
    engine.until(RunFinished)
    [first, *_] = engine.of(ItemScored)
    assert isinstance(first, ItemScored)
    item_id = first.scored.item.id

    def question() -> Decode:
        return Decode(item_id=item_id, variants=("dense", "wanda:0.5"), decoding=Beam(width=2))

    quiet = question()
    engine.send(quiet)
    engine.ended(quiet.id)
    expected = [one.redecode for one in engine.of(DecodeFinished)]  # type: ignore[attr-defined]
    engine.seen.clear()
    engine.send(Remedy(control="currencies"))
    for _ in range(6):
        engine.until(RemedyTried)
        asked = question()
        engine.send(asked)
        engine.ended(asked.id)
    engine.until(RemedyFound)
    found = [one.redecode for one in engine.of(DecodeFinished)]  # type: ignore[attr-defined]
    assert found == expected * 6


def test_what_is_saved_of_a_closed_book_is_what_was_scored(
    engine: Engine, checkpoint: Path, tmp_path: Path
) -> None:
    items = read_items("capitals", languages=("en",), limit=6).items
    rows = [
        {
            "id": one.id,
            "language": "en",
            "question": one.question,
            "gold": one.gold,
            "passage": "No",
        }
        for one in items
    ]
    path = tmp_path / "items.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = tiny_settings(
        checkpoint, items=str(path), recipes=("wanda:0.5@items",), closed_book=True
    )
    engine.send(StartRun(settings=settings, directory=str(tmp_path / "run")))
    engine.until(RunFinished)
    [scored] = read_manifest(tmp_path / "run").variants
    engine.send(Prune(settings=settings, directory=str(tmp_path / "saved")))
    saved = engine.until(CheckpointSaved)
    assert isinstance(saved, CheckpointSaved)
    assert saved.manifest.variants == (scored,)
    assert (tmp_path / "saved" / "calibration.jsonl").read_text().count("\n") == 2
    recipe = msgspec.yaml.decode((tmp_path / "saved" / "llm-compressor.yaml").read_bytes())
    modifier = recipe["pruning_stage"]["pruning_modifiers"]["WandaPruningModifier"]
    assert modifier["sparsity"] == [round(block.sparsity, 4) for block in scored.blocks]
    assert modifier["mask_structure"] == "0:0"

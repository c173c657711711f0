"""Recipes: how they are written, read and shown, and what is said of those that can't be."""

from __future__ import annotations

import subprocess
import sys

import pytest
from torch import Tensor

from engine.compression.compress import compress
from engine.compression.reporter import Reporter
from engine.methods import registry
from engine.methods.amounts import PRUNING
from engine.methods.kernels.inputs import InputStatistics
from engine.methods.method import Method
from engine.methods.recipes import needs_calibration, parse_recipe, pruning_method
from engine.methods.registry import methods
from engine.methods.scores import pruning
from engine.methods.wanda import METHOD as WANDA
from engine.records.errors import UserError
from engine.records.extensions import Members
from engine.records.recipes import RecipeError
from tests.compression_helpers import calibration_ids
from tests.tiny_models import tiny_model


@pytest.mark.parametrize(
    ("written", "canonical", "label", "sparsity", "calibrated"),
    [
        ("wanda:0.450", "wanda:0.45", "wanda 45 %", 0.45, True),
        (" sparsegpt:2:4 ", "sparsegpt:2:4", "sparsegpt 2:4", 0.5, True),
        ("ria:1:4", "ria:1:4", "ria 1:4", 0.75, True),
        ("magnitude:0", "magnitude:0", "magnitude 0 %", 0.0, False),
        ("magnitude:0.5+rows", "magnitude:0.5+rows", "magnitude 50 % +rows", 0.5, False),
        ("magnitude:0.5+linear", "magnitude:0.5+linear", "magnitude 50 % +linear", 0.5, False),
        ("magnitude:0.5+owl", "magnitude:0.5+owl", "magnitude 50 % +owl", 0.5, True),
        ("wanda:0.5+swaps+owl", "wanda:0.5+owl+swaps", "wanda 50 % +owl +swaps", 0.5, True),
        ("wanda:0.5@items", "wanda:0.5@items", "wanda 50 % @items", 0.5, True),
        (
            "wanda:0.5+keep=7.0.7+owl@chat",
            "wanda:0.5+owl+keep=0.7@chat",
            "wanda 50 % +owl +keep=0.7 @chat",
            0.5,
            True,
        ),
        ("rtn:4+keep=3", "rtn:4+keep=3", "rtn 4 bit +keep=3", 0.0, False),
        ("ria:2:4@a+b.txt", "ria:2:4@a+b.txt", "ria 2:4 @a+b.txt", 0.5, True),
        (
            "wanda:0.5+gold@auto+items",
            "wanda:0.5+gold@auto+items",
            "wanda 50 % +gold @auto+items",
            0.5,
            True,
        ),
        ("rtn:4", "rtn:4", "rtn 4 bit", 0.0, False),
        ("gptq:4:64", "gptq:4:64", "gptq 4 bit/64", 0.0, True),
        ("noise:0.1", "noise:0.1", "noise 0.1", 0.0, False),
        ("checkpoint:a/b+c:d/", "checkpoint:a/b+c:d/", "checkpoint b+c:d", 0.0, False),
        (
            "checkpoint:a/b+c+keep=2.0",
            "checkpoint:a/b+c+keep=0.2",
            "checkpoint b+c +keep=0.2",
            0.0,
            False,
        ),
        ("checkpoint:a+keep=2/", "checkpoint:a+keep=2/", "checkpoint a+keep=2", 0.0, False),
    ],
)
def test_a_recipe_is_read_and_written(
    written: str, canonical: str, label: str, sparsity: float, calibrated: bool
) -> None:
    recipe = parse_recipe(written)
    assert (str(recipe), recipe.label) == (canonical, label)
    assert parse_recipe(canonical) == recipe
    assert recipe.target_sparsity == sparsity
    assert needs_calibration(recipe) is calibrated


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "wander:0.5",
            "SPARSITY or METHOD:N:M (METHOD: magnitude, ria, sparsegpt or wanda)",
        ),
        ("wander:0.5", "METHOD:BITS or METHOD:BITS:GROUP (METHOD: gptq or rtn)"),
        ("wander:0.5", "noise:SIGMA; checkpoint:DIR; after a pruning method +owl, +linear"),
        ("wanda", "has no amount: expected wanda:SPARSITY or wanda:N:M"),
        ("checkpoint:", "has no amount: expected checkpoint:DIR"),
        ("wanda:7", "SPARSITY must be a number from 0 to below 1, not '7'"),
        ("wanda:nan", "SPARSITY must be a number from 0 to below 1, not 'nan'"),
        ("wanda:4:4", "N must be a whole number from 1 to 3, not '4'"),
        ("wanda:2:x", "M must be a whole number from 2 to 1024, not 'x'"),
        ("wanda:1:2:4", "expected wanda:SPARSITY or wanda:N:M"),
        ("rtn:9", "BITS must be a whole number from 2 to 8, not '9'"),
        ("gptq:4:0", "GROUP must be a whole number from 1 to 1048576, not '0'"),
        ("rtn:4:64:2", "expected rtn:BITS or rtn:BITS:GROUP"),
        ("noise:10", "SIGMA must be a number from 0 to below 10, not '10'"),
        ("noise:0.1:2", "expected noise:SIGMA"),
        (
            "wanda:0.5+owls",
            "'+owls' is not known; expected +owl, +linear, +gold, +shuffled, +swaps, +rows "
            "or +bias",
        ),
        ("wanda:0.5+owl+owl", "a modifier is named twice"),
        ("rtn:4+owl", "rtn takes no modifiers"),
        ("wanda:0.5+linear+owl", "+owl and +linear both set the sparsity per block; choose one"),
        ("wanda:2:4+owl", "N:M fixes every block's sparsity; +owl needs wanda:SPARSITY"),
        ("magnitude:2:4+rows", "N:M already chooses within each row"),
        ("wanda:0.5+keep=a", "numbers of blocks, as +keep=0.2.18"),
        ("wanda:0.5@", "no calibration text is named after the @"),
        ("rtn:4@items", "rtn:4 looks at no calibration text"),
        ("wanda:0.5+gold+owl", "+owl and +gold both set the sparsity per block; choose one"),
        ("wanda:0.5+rows", "+rows is for magnitude; wanda has its own comparison group"),
    ],
)
def test_what_cannot_be_read_is_answered_with_what_can(written: str, message: str) -> None:
    with pytest.raises(RecipeError) as raised:
        parse_recipe(written)
    assert message in raised.value.message


def test_method_takes_what_prunes() -> None:
    assert pruning_method("wanda") is WANDA
    with pytest.raises(UserError, match="gptq takes no --sparsity") as raised:
        pruning_method("gptq")
    assert raised.value.hint == "Write the whole recipe: --recipe gptq:BITS or gptq:BITS:GROUP."
    with pytest.raises(UserError, match="no method 'x'") as raised:
        pruning_method("x")
    assert raised.value.hint == "--method is magnitude, ria, sparsegpt or wanda."


def test_every_method_is_named_like_its_module_and_explained() -> None:
    for name, method in methods().items():
        module = sys.modules[f"engine.methods.{name}"]
        assert method is module.METHOD
        assert method.name == name
        assert method.help


def test_methods_are_listed_without_torch() -> None:
    code = (
        "import sys; from engine.methods.registry import methods; methods(); "
        "print({'torch', 'numpy', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_calibrated_method_is_calibrated_by_what_it_needs_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def scores(weight: Tensor, statistics: InputStatistics) -> Tensor:
        assert statistics.tokens == calibration_ids().numel()
        return weight.abs() * statistics.norms

    new = Method(name="new", help="new", takes=PRUNING, needs="norms", compress=pruning(scores))
    monkeypatch.setattr(registry, "found", lambda: Members({"wanda": WANDA, "new": new}, {}, ()))
    recipe = parse_recipe("new:0.5")
    assert needs_calibration(recipe)
    made = compress(tiny_model("llama"), recipe, calibration_ids(), Reporter())
    assert all(block.sparsity == 0.5 for block in made.blocks)
    with pytest.raises(ValueError, match=r"new:0\.5 needs calibration text"):
        compress(tiny_model("llama"), recipe, calibration_ids(sequences=0), Reporter())

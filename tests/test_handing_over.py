"""What other tools are given of a recipe is what they read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from engine.compression.handing_over import gptqmodel_arguments
from engine.methods.recipes import parse_recipe
from tests.tiny_models import tiny_model

FOUND = object()


def dynamic_get(dynamic: dict[str, dict[str, Any]], module_name: str) -> object:
    """As GPTQModel reads `dynamic` (gptqmodel/quantization/config.py): False skips a module."""
    for pattern, overrides in dynamic.items():
        if pattern.startswith("-:"):
            if re.match(pattern.removeprefix("-:"), module_name):
                return False
        elif re.match(pattern.removeprefix("+:"), module_name):
            return overrides
    return FOUND


@pytest.mark.parametrize(("kind", "inside"), [("llama", "model.layers"), ("gpt2", "transformer.h")])
def test_gptqmodel_skips_the_blocks_that_are_left_dense_and_no_other(
    kind: str, inside: str
) -> None:
    model = tiny_model(kind)
    text = gptqmodel_arguments(model, parse_recipe("gptq:4:16+keep=0.2"))
    assert text is not None
    arguments = json.loads(text)
    assert (arguments["bits"], arguments["group_size"]) == (4, 16)
    assert (arguments["sym"], arguments["desc_act"]) == (False, False)
    dynamic = arguments["dynamic"]
    skipped = {
        name.removesuffix(".weight").removeprefix(f"{inside}.").partition(".")[0]
        for name, _ in model.named_parameters()
        if dynamic_get(dynamic, name.removesuffix(".weight")) is False
    }
    assert skipped == {"0", "2"}
    for other in ("lm_head", f"{inside}.20.mlp", f"visual.{inside}.0.mlp"):
        assert dynamic_get(dynamic, other) is FOUND


def test_what_gptqmodel_has_not_is_not_written_for_it() -> None:
    model = tiny_model("llama")

    def arguments(recipe: str) -> dict[str, Any] | None:
        text = gptqmodel_arguments(model, parse_recipe(recipe))
        return None if text is None else dict(json.loads(text))

    whole_rows = arguments("gptq:8")
    assert whole_rows is not None
    assert whole_rows["group_size"] == -1
    assert "dynamic" not in whole_rows
    # 5 bits, groups of a size that it hasn't, rows of 48 that 32 doesn't divide, other methods.
    for recipe in ("gptq:5", "gptq:4:8", "gptq:4:32", "rtn:4", "wanda:0.5", "checkpoint:a+keep=0"):
        assert arguments(recipe) is None

"""Every way in from outside gives a result or one clear error: the short form of the harness."""

from __future__ import annotations

import pytest

from tests.harness.fuzzing import fuzz
from tests.harness.surface import surfaces

CASES = 150


@pytest.mark.parametrize("name", surfaces())
def test_hostile_input_gives_a_result_or_one_error(name: str) -> None:
    figure = fuzz(surfaces()[name], CASES)
    assert not figure.findings, "\n\n".join(figure.findings)
    assert figure.cases >= CASES // 2

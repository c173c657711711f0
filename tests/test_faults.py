"""What goes wrong outside gives a result or one clear error: the short form of the harness."""

from __future__ import annotations

import pytest

from tests.harness.faulting.fault import faults, tried

TIMES = 3
"""Of what takes milliseconds; of the others one."""
MANY = 20

SHORT = {what: fault for what, fault in faults().items() if fault.short}


@pytest.mark.parametrize("what", SHORT)
def test_a_fault_gives_a_result_or_one_error_and_loses_nothing(what: str) -> None:
    fault = SHORT[what]
    figure = tried(fault, TIMES if fault.times >= MANY else 1, seed=0)
    assert not figure.findings, "\n\n".join(figure.findings)
    if not figure.cases:
        pytest.skip(figure.what)

"""An app and an engine that are used for long: the short form of the harness."""

from __future__ import annotations

from tests.harness.parts.session import PART

SHARE, SEED = 0.002, 5


def test_an_app_and_an_engine_that_are_used_for_long_are_well() -> None:
    figures = list(PART.run(SHARE, SEED))
    assert len(figures) == 4
    for figure in figures:
        assert not figure.findings, "\n\n".join(figure.findings)
        assert figure.cases >= 25

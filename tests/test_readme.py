"""The README says what the code does."""

from __future__ import annotations

from tests.readme_tables import README, with_tables


def test_the_tables_are_those_that_the_code_gives() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_tables(text) == text, "run: python -m tests.readme_tables"

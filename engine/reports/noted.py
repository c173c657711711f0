"""What a person noted of an item, in a line of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.analysis.metrics.metric import EACH


def noted_text(row: Mapping[str, Any]) -> str:
    """The star, tags and note of a row of the table of pairs; empty where there are none."""
    parts = ["★"] if row["starred"] else []
    parts += [f"#{tag}" for tag in row["tags"].split(EACH)] if row["tags"] else []
    parts += [f"✎ {row['note']}"] if row["note"] else []
    return " ".join(parts)

"""What a person noted of an item, in a line of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.analysis.metrics.metric import EACH


def noted_text(row: Mapping[str, Any]) -> str:
    """That a row of the table of pairs was asked, its star, tags and note; empty for neither."""
    parts = ["? asked"] if row.get("asked") else []
    parts += ["★"] if row["starred"] else []
    parts += [f"#{tag}" for tag in row["tags"].split(EACH)] if row["tags"] else []
    parts += [f"✎ {row['note']}"] if row["note"] else []
    return " ".join(parts)

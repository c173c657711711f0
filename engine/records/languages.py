"""BCP 47 language tags."""

from __future__ import annotations


def primary_language(tag: str) -> str:
    """The primary subtag in lower case: "zh" of "zh-Hans" and of "zh_CN"."""
    return tag.replace("_", "-").split("-", 1)[0].lower()

"""Judging answers: how each language is normalised, and the rules of a right answer."""

from engine.judging.verdict import F1_THRESHOLD, judge

__all__ = ["F1_THRESHOLD", "judge"]

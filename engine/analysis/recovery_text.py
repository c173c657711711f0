"""Whether a re-decode brought the gold answer back, in words."""

from __future__ import annotations

from engine.records.hypotheses import Redecode


def recovery_sentence(result: Redecode) -> str:
    """One line that says where the gold answer came back, or that it did not."""
    decoding = result.decoding
    match decoding.order:
        case "single":
            return f"{decoding.name} {'brought' if result.right else 'did not bring'} it back"
        case "counted":
            right = result.right or "none"
            return f"{right} of {decoding.hypotheses} {decoding.noun}s brought it back"
        case "ranked":
            total = len(result.hypotheses)
            if result.recovered_at is None:
                return f"none of {total} {decoding.noun}s brought it back"
            return f"brought back by {decoding.noun} {result.recovered_at} of {total}"


def recovery_summary(result: Redecode) -> str:
    """A recovery in a few cells: "beam 2", "5/16", "one-shot"; empty where it is none."""
    decoding = result.decoding
    if result.recovered_at is None:
        return ""
    match decoding.order:
        case "single":
            return decoding.name
        case "counted":
            return f"{result.right}/{decoding.hypotheses}"
        case "ranked":
            return f"{decoding.name} {result.recovered_at}"

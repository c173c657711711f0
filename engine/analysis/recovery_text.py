"""Whether a re-decode brought the gold answer back, in words."""

from __future__ import annotations

from engine.records.hypotheses import Redecode

NO_GOLD = "no gold answer to look for"


def recovery_sentence(result: Redecode, *, demoted: bool = True) -> str:
    """One line that says where the gold answer came back, or that it did not.

    A variant whose greedy answer is right has nothing to be brought back: where the answer is not
    `demoted`, it only says which hypotheses have it.
    """
    if not result.judged:
        named = f"{result.decoding.heading}, " if result.decoding.order == "single" else ""
        return f"{named}{NO_GOLD}"
    if not demoted:
        return _whereabouts(result)
    decoding = result.decoding
    match decoding.order:
        case "single":
            return f"{decoding.heading} {'brought' if result.right else 'did not bring'} it back"
        case "counted":
            right = result.right or "none"
            return f"{right} of {decoding.hypotheses} {decoding.noun}s brought it back"
        case "ranked":
            total = len(result.hypotheses)
            if result.recovered_at is None:
                return f"none of {total} {decoding.noun}s brought it back"
            return f"brought back by {decoding.noun} {result.recovered_at} of {total}"


def _whereabouts(result: Redecode) -> str:
    decoding = result.decoding
    match decoding.order:
        case "single":
            return f"{decoding.heading} {'has it' if result.right else 'does not have it'}"
        case "counted":
            has = "has" if result.right <= 1 else "have"
            return f"{result.right or 'none'} of {decoding.hypotheses} {decoding.noun}s {has} it"
        case "ranked":
            total = len(result.hypotheses)
            if result.recovered_at is None:
                return f"none of {total} {decoding.noun}s has it"
            return f"{decoding.noun} {result.recovered_at} of {total} has it"


def recovery_summary(result: Redecode) -> str:
    """A recovery in a few cells: "beam 2", "5/16", "3-shot"; empty where it is none."""
    decoding = result.decoding
    if result.recovered_at is None:
        return ""
    match decoding.order:
        case "single":
            return decoding.heading
        case "counted":
            return f"{result.right}/{decoding.hypotheses}"
        case "ranked":
            return f"{decoding.name} {result.recovered_at}"

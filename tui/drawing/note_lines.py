"""What a person noted of an item: marks in its row, words in its details."""

from __future__ import annotations

from engine.records.annotations import Annotation
from engine.text import displayable
from tui.drawing.lines import Piece

STAR, TAG, NOTE = "★", "#", "✎"


def note_marks(annotation: Annotation) -> list[Piece]:
    """A cell each for a star, tags and a note, and one after them; nothing where there is none."""
    marks = [
        (STAR, annotation.starred),
        (TAG, bool(annotation.tags)),
        (NOTE, bool(annotation.note)),
    ]
    text = "".join(mark for mark, given in marks if given)
    return [(f"{text} ", "active")] if text else []


def tag_pieces(annotation: Annotation) -> list[Piece]:
    """The star and every tag, each with a gap after it."""
    stars: list[Piece] = [(f"{STAR}  ", "active")] if annotation.starred else []
    return [*stars, *((f"{TAG}{displayable(tag)}  ", "active") for tag in annotation.tags)]


def note_pieces(annotation: Annotation) -> list[Piece]:
    """The note, with a gap before it."""
    return [(f"   {NOTE} {displayable(annotation.note)}", "active")] if annotation.note else []

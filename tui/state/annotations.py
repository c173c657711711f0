"""What is noted of a run's items: known to its state, and written beside its log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.analysis.overruling import overruled
from engine.records.annotations import (
    NOTHING,
    Annotation,
    NotedRecord,
    NoteWritten,
    Overruled,
    Starred,
    Tagged,
    parse_tags,
)
from engine.records.errors import UserError
from engine.records.scores import ScoredItem

if TYPE_CHECKING:
    from engine.runs.annotations import AnnotationLog
    from tui.state.session import Session

MOST_AT_ONCE = 10_000
"""Items that are noted by one key: more would make the next one wait."""


class ItemNotes:
    """What is noted by item, and how the judge left the items that a person overruled."""

    def __init__(self) -> None:
        self.by_item: dict[str, Annotation] = {}
        self._judged: dict[str, ScoredItem] = {}

    def of(self, item_id: str) -> Annotation:
        return self.by_item.get(item_id, NOTHING)

    def put(self, item_id: str, annotation: Annotation) -> None:
        if annotation == NOTHING:
            self.by_item.pop(item_id, None)
        else:
            self.by_item[item_id] = annotation

    def as_judged(self, scored: ScoredItem) -> ScoredItem:
        """An item of the state as the judge left it."""
        return self._judged.get(scored.item.id, scored)

    def corrected(self, judged: ScoredItem) -> ScoredItem:
        """An item as the judge left it, with the verdicts of a person."""
        item_id = judged.item.id
        scored = overruled(judged, self.of(item_id))
        if scored is judged:
            self._judged.pop(item_id, None)
        else:
            self._judged[item_id] = judged
        return scored

    @property
    def overruled(self) -> int:
        """How many verdicts were corrected."""
        return sum(
            score.open is not None and score.open.judgement.correct != verdict
            for item_id, judged in self._judged.items()
            for name, verdict in self.of(item_id).verdicts.items()
            if (score := judged.scores.get(name)) is not None
        )

    @property
    def tags(self) -> list[str]:
        """Every tag that is in use, sorted."""
        return sorted({tag for annotation in self.by_item.values() for tag in annotation.tags})


class Notebook:
    """Writes down what a person notes, and takes in what other processes note of the same run.

    Each method that writes returns a sentence to be told, and raises `UserError` where it can't.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._log: AnnotationLog | None = None
        self._elsewhere: str | None = None

    def look(self) -> bool:
        """Take in what was noted elsewhere; tells whether it was anything. Raises `UserError`."""
        before, log = self._log, self._open()
        if log is None:
            return False
        changed = log.refresh()
        self._tell(changed)
        return bool(changed or (log is not before and log.by_item))

    def star(self, items: Sequence[str]) -> str:
        """Star items, or take the stars away where all of them have one."""
        notes = self._session.state.notes
        starred = not all(notes.of(item_id).starred for item_id in items)
        self._write(Starred(items=_not_too_many(items), starred=starred))
        return f"{'starred' if starred else 'not starred any more'}{_count(items)}"

    def tag(self, items: Sequence[str], text: str) -> str:
        """Give items the tags of a text, and take away those with a minus before them."""
        add, remove = parse_tags(text)
        self._write(Tagged(items=_not_too_many(items), add=add, remove=remove))
        done = [f"tagged {' '.join(add)}"] if add else []
        done += [f"without {' '.join(remove)}"] if remove else []
        return f"{', '.join(done)}{_count(items)}"

    def note(self, items: Sequence[str], text: str) -> str:
        """Give items a note; an empty one takes it away."""
        note = " ".join(text.split())
        self._write(NoteWritten(items=_not_too_many(items), note=note))
        return f"{'noted' if note else 'note taken away'}{_count(items)}"

    def overrule(self, items: Sequence[str], variants: Sequence[str], right: bool | None) -> str:
        """Give a verdict on the open answers of variants; None leaves it to the judge."""
        verdicts: dict[str, bool | None] = dict.fromkeys(variants, right)
        self._write(Overruled(items=_not_too_many(items), verdicts=verdicts))
        words = {True: "right by hand", False: "wrong by hand", None: "as the judge says"}
        return f"{words[right]}{_count(items)}"

    def flip(self, item_id: str, variants: Sequence[str]) -> str:
        """Turn the verdict on the open answers of an item round, or back to the judge's."""
        scored = self._session.state.item(item_id)
        scores = {} if scored is None else scored.scores
        verdicts: dict[str, bool | None] = {}
        for name in variants:
            answer = scores[name].open if name in scores else None
            if answer is not None:
                verdicts[name] = None if answer.overruled else not answer.judgement.correct
        if not verdicts:
            raise UserError("there is no open answer here whose verdict could be corrected")
        self._write(Overruled(items=(item_id,), verdicts=verdicts))
        words = {True: "right by hand", False: "wrong by hand", None: "as the judge says"}
        state = self._session.state
        return ", ".join(f"{state.label(name)}: {words[verdicts[name]]}" for name in verdicts)

    def undo(self) -> str:
        """Take back the last change that was made here, or before the run was opened."""
        log = self._required()
        change, changed = log.undo()
        self._tell(changed)
        if change is None:
            return "nothing is left to undo"
        return f"undone: {change.words}{_count(change.items)}"

    def _write(self, record: NotedRecord) -> None:
        log = self._required()
        self._tell(log.append(record))

    def _tell(self, changed: set[str]) -> None:
        log = self._log
        if log is not None and changed:
            by_item: Mapping[str, Annotation] = log.by_item
            self._session.state.annotate(
                {item_id: by_item.get(item_id, NOTHING) for item_id in changed}
            )

    def _required(self) -> AnnotationLog:
        log = self._open()
        if log is None and self._elsewhere is None:
            raise UserError("the run is not open yet", "Try again when its first items are there.")
        if log is None:
            raise UserError(
                f"there is no run in {self._elsewhere} on this machine",
                "Notes are kept beside the log of a run: open it where it is.",
                status=1,
            )
        return log

    def _open(self) -> AnnotationLog | None:
        """The file of the run that the session is on; None until that is known, and where the run
        is on another machine."""
        state = self._session.state
        directory, manifest = state.directory, state.manifest
        if directory is None or manifest is None or directory == self._elsewhere:
            return self._log
        if self._log is None or self._log.directory != Path(directory):
            from engine.runs.annotations import AnnotationLog
            from engine.runs.reading import is_run

            if not is_run(Path(directory), manifest):
                self._log, self._elsewhere = None, directory
                return None
            self._log = AnnotationLog(Path(directory))
            self._tell(set(self._log.by_item))
        return self._log


def _not_too_many(items: Sequence[str]) -> tuple[str, ...]:
    if len(items) > MOST_AT_ONCE:
        raise UserError(
            f"{len(items):,} items are shown, and at most {MOST_AT_ONCE:,} are noted at once",
            "Narrow them with a filter.",
        )
    return tuple(items)


def _count(items: Sequence[str]) -> str:
    return f": {len(items):,} items" if len(items) != 1 else ""

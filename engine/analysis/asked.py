"""What was asked of a run, put beside its items for those who want both, and taken out again."""

from __future__ import annotations

import msgspec

from engine.analysis.overruling import overruled
from engine.analysis.rejudging import judged
from engine.records.annotations import NOTHING
from engine.records.settings import JudgeRule
from engine.runs.annotations import read_annotations
from engine.runs.asked import AskedLog
from engine.runs.reading import Run


def with_asked(run: Run, rule: JudgeRule | None = None) -> Run:
    """The run with what was asked of it after its items.

    Args:
        run: as it is read, with what is noted of its items.
        rule: that it is judged by; None for its own. Where there is no gold answer, there is no
            verdict by any.

    Raises:
        UserError: the file of what was asked, or of the notes, is damaged.
    """
    log = AskedLog(run.directory)
    ids = tuple(log.scored)
    aside = msgspec.structs.replace(
        run,
        items=tuple(log.items.values()),
        scored=log.scored,
        redecodes=tuple(log.redecodes),
        findings=tuple(log.findings.values()),
    )
    if rule is not None:
        by_rule = judged(aside, rule)
        scored = {
            item_id: by_rule.scored[item_id] if one.item.gold else one
            for item_id, one in aside.scored.items()
        }
        aside = msgspec.structs.replace(by_rule, scored=scored)
    noted = read_annotations(run.directory)
    notes = {item_id: noted[item_id] for item_id in ids if item_id in noted}
    corrected = {
        item_id: overruled(one, notes.get(item_id, NOTHING))
        for item_id, one in aside.scored.items()
    }
    return msgspec.structs.replace(
        run,
        items=(*run.items, *aside.items),
        scored={**run.scored, **corrected},
        redecodes=(*run.redecodes, *aside.redecodes),
        findings=(*run.findings, *aside.findings),
        annotations={**run.annotations, **notes},
        asked=ids,
    )


def without_asked(run: Run) -> Run:
    """The run without what was asked of it."""
    asked = set(run.asked)
    if not asked:
        return run
    return msgspec.structs.replace(
        run,
        items=tuple(item for item in run.items if item.id not in asked),
        scored={item_id: one for item_id, one in run.scored.items() if item_id not in asked},
        redecodes=tuple(one for one in run.redecodes if one.item_id not in asked),
        findings=tuple(one for one in run.findings if one.item_id not in asked),
        annotations={
            item_id: noted for item_id, noted in run.annotations.items() if item_id not in asked
        },
        asked=(),
    )

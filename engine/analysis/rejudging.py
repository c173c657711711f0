"""A saved run judged again, without a model; the verdicts in its log stay as they are."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from engine.analysis.overruling import annotated
from engine.files import write_atomically
from engine.judging import judge
from engine.judging.background import Background
from engine.judging.failures import with_failure
from engine.records.errors import UserError
from engine.records.hypotheses import Redecode
from engine.records.instruments.fork import ForkFinding
from engine.records.instruments.instrument import Finding
from engine.records.items import Item
from engine.records.lines import encode_line
from engine.records.scores import Answer, Score, ScoredItem
from engine.records.settings import JudgeRule
from engine.runs.reading import (
    Redecoded,
    Run,
    Scored,
    read_log,
    read_manifest,
    read_run,
    redecode_key,
)
from engine.runs.sealing import run_number, sealed

Kept = TypeVar("Kept", ScoredItem, Redecode)


def rejudge(directory: Path, rule: JudgeRule) -> Run:
    """Judge every answer and hypothesis of a run by `rule` and keep that beside the log.

    Returns the run so judged, with the verdicts that were corrected by hand, which the file of
    that rule doesn't have; `read_judged` gives it again.

    Raises:
        UserError: there is no run, or it can't be written to.
    """
    run = judged(read_run(directory), rule)
    records: list[Scored | Redecoded] = [Scored(scored=item) for item in run.scored.values()]
    records += [Redecoded(redecode=redecode) for redecode in run.redecodes]
    number = run_number(read_manifest(directory))
    lines = (sealed(encode_line(record), number) for record in records)
    write_atomically(directory / judged_name(rule), b"".join(lines))
    return annotated(run)


def read_judged(directory: Path, rule: JudgeRule) -> Run:
    """Read a run with its verdicts by `rule`.

    They are the kept ones where the run was judged so; what came later, and a run that never was,
    is judged here and now. Those that were corrected by hand stay so.

    Raises:
        UserError: there is no run, or one of its files is damaged.
    """
    run = judged(read_run(directory), rule)
    path = directory / judged_name(rule)
    if not path.exists():
        return annotated(run)
    try:
        kept = read_log(path)
    except UserError as error:
        raise UserError(
            error.message, f"Remove that file: 'illusion-tui judge --judge {rule}' makes it again."
        ) from error
    redecodes = (kept.redecodes.get(redecode_key(now), now) for now in run.redecodes)
    return annotated(
        msgspec.structs.replace(
            run,
            scored={name: _kept(kept.scored.get(name), now) for name, now in run.scored.items()},
            redecodes=tuple(map(_kept, redecodes, run.redecodes)),
        )
    )


def judged(run: Run, rule: JudgeRule) -> Run:
    """The run with every verdict by `rule`."""
    items = {item.id: item for item in run.items}
    settings = msgspec.structs.replace(run.manifest.settings, judge=rule)
    background = Background(run.items, settings.answer_tokens)
    return msgspec.structs.replace(
        run,
        manifest=msgspec.structs.replace(run.manifest, settings=settings),
        scored={name: _scored(scored, rule, background) for name, scored in run.scored.items()},
        redecodes=tuple(_redecode(each, items[each.item_id], rule) for each in run.redecodes),
        findings=tuple(_finding(each, items[each.item_id], rule) for each in run.findings),
    )


def judged_name(rule: JudgeRule) -> str:
    """The file in the run directory that keeps the verdicts by a rule."""
    return f"judged-{rule}.jsonl"


def _scored(scored: ScoredItem, rule: JudgeRule, background: Background) -> ScoredItem:
    def again(score: Score) -> Score:
        return _score(score, scored.item, rule, background)

    return msgspec.structs.replace(
        scored,
        scores={name: again(score) for name, score in scored.scores.items()},
        floor=None if scored.floor is None else again(scored.floor),
    )


def _score(score: Score, item: Item, rule: JudgeRule, background: Background) -> Score:
    judged_score = msgspec.structs.replace(
        score, open=_answer(score.open, item, rule), shown=_answer(score.shown, item, rule)
    )
    return with_failure(judged_score, item, background)


def _answer(answer: Answer | None, item: Item, rule: JudgeRule) -> Answer | None:
    if answer is None:
        return None
    judgement = judge(answer.text, item.answers, item.language, rule)
    return msgspec.structs.replace(answer, judgement=judgement)


def _redecode(redecode: Redecode, item: Item, rule: JudgeRule) -> Redecode:
    hypotheses = tuple(
        msgspec.structs.replace(
            hypothesis, judgement=judge(hypothesis.text, item.answers, item.language, rule)
        )
        for hypothesis in redecode.hypotheses
    )
    return msgspec.structs.replace(redecode, hypotheses=hypotheses)


def _finding(finding: Finding, item: Item, rule: JudgeRule) -> Finding:
    if not isinstance(finding, ForkFinding):
        return finding
    judgement = judge(finding.text, item.answers, item.language, rule)
    return msgspec.structs.replace(finding, judgement=judgement)


def _kept(kept: Kept | None, now: Kept) -> Kept:
    """The kept record, unless it is of other texts than those that the run has now."""
    return kept if kept is not None and _texts(kept) == _texts(now) else now


def _texts(record: ScoredItem | Redecode) -> list[str | None]:
    if isinstance(record, Redecode):
        return [hypothesis.text for hypothesis in record.hypotheses]
    scores = [*record.scores.values(), *([record.floor] if record.floor else [])]
    return [
        None if answer is None else answer.text
        for score in scores
        for answer in (score.open, score.shown)
    ]

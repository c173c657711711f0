"""Samples that lm-evaluation-harness 0.4 writes with --log_samples."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path
from typing import Any

import msgspec

from engine.importing.sample import Sample, broken
from engine.items.files import read_bytes
from engine.records.errors import UNREADABLE, shortened
from engine.records.lines import decode_json
from engine.text import is_unicode

_QUESTIONS = ("question", "query", "ctx", "goal", "problem", "sentence", "prompt", "input")
_PASSAGES = ("passage", "context", "flores_passage")


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that are read; `arguments` is a list of lists up to 0.4.2, a mapping since."""

    doc_id: int | str
    doc: dict[str, Any]
    target: Any
    arguments: dict[str, dict[str, Any]] | list[list[Any]]
    resps: list[Any]
    filter: str = "none"
    metrics: list[str] = []


def read_samples(path: Path) -> list[Sample]:
    """Read a samples file; of several filters only the first one's answers are taken.

    Raises:
        UserError: a line isn't as expected; the error names it.
    """
    samples: dict[str, Sample] = {}
    kept_filter: str | None = None
    for number, line in enumerate(read_bytes(path).split(b"\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            fields = decode_json(line)
            entry = msgspec.convert(fields, _Line)
        except (msgspec.DecodeError, RecursionError) as error:
            raise broken(where, str(error)) from error
        kept_filter = kept_filter or entry.filter
        if entry.filter != kept_filter:
            continue
        try:
            sample = _sample(entry, fields, where)
        except UNREADABLE as error:
            raise broken(where, f"it is not as the harness writes it ({error!r})") from error
        if sample.key in samples:
            raise broken(where, f"the question with doc_id {shortened(sample.key)} appears twice")
        samples[sample.key] = sample
    if not samples:
        raise broken(str(path), "the file has no samples")
    return list(samples.values())


def model_name(path: Path) -> str:
    """The model's name: the directory's, in which "__" stands for "/"."""
    return path.resolve().parent.name.replace("__", "/")


def _sample(entry: _Line, fields: dict[str, Any], where: str) -> Sample:
    requests = _requests(entry)
    if not requests or len(requests) != len(entry.resps):
        raise broken(where, f"{len(requests)} arguments and {len(entry.resps)} responses")
    prompt = str(requests[0][0])
    passage = next((entry.doc[name] for name in _PASSAGES if name in entry.doc), None)
    question = next((entry.doc[name] for name in _QUESTIONS if name in entry.doc), prompt)
    language = entry.doc.get("language")
    reported = {
        name: float(fields[name])
        for name in entry.metrics or ("acc", "exact_match", "em")
        if isinstance(fields.get(name), int | float)
    }
    sample = Sample(
        key=str(entry.doc_id),
        question=str(question),
        prompt=prompt,
        reported=reported,
        passage=passage if isinstance(passage, str) and passage else None,
        language=language if isinstance(language, str) else None,
    )
    first = _first(entry.resps[0], where)
    if isinstance(first, list):
        return _choice(sample, entry, requests, where)
    golds = _golds(entry.target)
    if not golds:
        raise broken(where, "target is empty")
    if not all(map(is_unicode, golds)):
        raise broken(where, "target has half of a character in it")
    return sample._replace(golds=golds, text=str(first))


def _requests(entry: _Line) -> list[list[Any]]:
    if isinstance(entry.arguments, list):
        return entry.arguments
    return [list(request.values()) for request in entry.arguments.values()]


def _first(responses: Any, where: str) -> Any:
    """The first of a request's responses: a text, or a log-likelihood and whether it is greedy."""
    if not isinstance(responses, list) or not responses:
        raise broken(where, "resps has a request without responses")
    return responses[0]


def _choice(sample: Sample, entry: _Line, requests: list[list[Any]], where: str) -> Sample:
    # Tasks that normalise by mutual information repeat every request without the question.
    of_prompt = [index for index, request in enumerate(requests) if request[0] == requests[0][0]]
    by_continuation = len(of_prompt) > 1
    asked = of_prompt if by_continuation else list(range(len(requests)))
    if len(asked) < 2:
        raise broken(where, "one log-likelihood is neither a choice nor a generated answer")
    options = tuple(str(requests[index][1 if by_continuation else 0]).strip() for index in asked)
    try:
        values = tuple(float(_first(entry.resps[index], where)[0]) for index in asked)
    except (ValueError, TypeError, IndexError) as error:
        raise broken(where, f"resps holds something other than log-likelihoods: {error}") from error
    chosen = values.index(max(values))
    index = _gold_index(entry.target, options, chosen, sample.reported.get("acc"))
    if index is None:
        target = shortened(str(entry.target))
        raise broken(where, f"target '{target}' is none of the {len(options)} options")
    return sample._replace(
        golds=(options[index],), options=options, gold_index=index, log_likelihoods=values
    )


def _gold_index(
    target: Any, options: tuple[str, ...], chosen: int, accuracy: float | None
) -> int | None:
    """The target is an option's number or its text; where it could be both, `acc` decides."""
    text = str(target).strip()
    candidates = [options.index(text)] if text in options else []
    if text.isascii() and text.isdecimal() and int(text) < len(options):
        candidates.append(int(text))
    if accuracy is not None:
        agreeing = [index for index in candidates if (index == chosen) == (accuracy == 1)]
        candidates = agreeing or candidates
    return candidates[0] if candidates else None


def _golds(target: Any) -> tuple[str, ...]:
    """The gold answers of a target, which the harness writes as text even if it was a list."""
    if isinstance(target, str) and target.startswith("["):
        try:
            with warnings.catch_warnings():
                # Of a backslash that escapes nothing: it is no code of ours.
                warnings.simplefilter("ignore")
                target = ast.literal_eval(target)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            target = [target]
    golds = target if isinstance(target, list) else [target]
    return tuple(dict.fromkeys(text for gold in golds if (text := str(gold).strip())))

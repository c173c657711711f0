"""Importing two models' samples of the same task as a run."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.importing import harness, lighteval
from engine.importing.sample import Sample, differing_verdicts, to_item, to_score
from engine.records.errors import UserError, shortened
from engine.records.manifest import ItemsRecord, Manifest, VariantRecord
from engine.records.scores import ChoiceScore, Score, ScoredItem
from engine.records.settings import DENSE, JudgeRule, Settings
from engine.records.sums import added
from engine.runs.log import RunLog, items_hash
from engine.runs.reading import Run, read_run
from engine.text import is_unicode
from engine.user_files import is_there


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    """A file of samples; of its name and its model's, bytes that are no text are written out."""

    path: Path
    program: str
    model: str
    samples: dict[str, Sample]

    @property
    def name(self) -> str:
        return _as_text(str(self.path))


def import_runs(
    dense: Path,
    pruned: Path,
    directory: Path,
    *,
    language: str = "und",
    rule: JudgeRule = "containment",
) -> Run:
    """Make a run of two models' samples of the same task; `dense` is the reference.

    Each is a samples_*.jsonl of lm-evaluation-harness, a details_*.parquet of lighteval, or a
    directory with one such file. What the files don't hold (ranks, probabilities, further prompts)
    is absent from the run. Choices are compared by summed log-likelihood. Answers are judged by
    `rule`; a note tells where the file's own metric disagrees.

    Raises:
        UserError: a file isn't as expected, or the two are of different tasks.
    """
    if not is_unicode(language):
        raise UserError(f"--language {language!a} is not Unicode", "Write it as en or zh-Hans.")
    sources = [_read(dense), _read(pruned)]
    scored = _pair(sources[0], sources[1], language, rule)
    settings = Settings(
        model=sources[0].model,
        recipes=(f"checkpoint:{sources[1].model}",),
        items=sources[0].name,
        judge=rule,
        shown_candidates=False,
    )
    items = [scored_item.item for scored_item in scored]
    with RunLog.open(directory, _manifest(settings, sources, scored), items) as log:
        missing = {item.id for item in log.unscored}
        log.append_scored([its for its in scored if its.item.id in missing])
    return read_run(directory)


def _read(path: Path) -> _Source:
    file = _file(path)
    if file.suffix == ".parquet":
        program, model = "lighteval", lighteval.model_name(file)
        samples = lighteval.read_details(file)
    else:
        program, model = "lm-evaluation-harness", harness.model_name(file)
        samples = harness.read_samples(file)
    model = _as_text(model)
    by_key = {sample.key: sample for sample in samples}
    if len(by_key) < len(samples):
        raise UserError(
            f"{file} has several questions with the same id", "Give the file of one task."
        )
    return _Source(path=file, program=program, model=model, samples=by_key)


def _as_text(name: str) -> str:
    return name.encode(errors="backslashreplace").decode()


def _file(path: Path) -> Path:
    if not is_there(path):
        raise UserError(f"{path} does not exist", "Give a file of samples, or its directory.")
    if not path.is_dir():
        return path
    files = sorted((*path.glob("samples_*.jsonl"), *path.glob("details_*.parquet")))
    if len(files) == 1:
        return files[0]
    names = ", ".join(file.name for file in files[:5]) or "none"
    raise UserError(
        f"{path} has {len(files)} files of samples ({names}) where one is expected",
        "Name the samples_*.jsonl or details_*.parquet itself.",
    )


def _pair(dense: _Source, pruned: _Source, language: str, rule: JudgeRule) -> list[ScoredItem]:
    """Every question of either file; a variant's score is empty where its file lacks it."""
    if not dense.samples.keys() & pruned.samples.keys():
        raise _different(dense, pruned, "no question is in both")
    variant = f"checkpoint:{pruned.model}"
    result = []
    for key in dict.fromkeys((*dense.samples, *pruned.samples)):
        first, second = dense.samples.get(key), pruned.samples.get(key)
        if first and second and _question(first) != _question(second):
            raise _different(dense, pruned, f"question {shortened(key)} differs")
        sides = {name: sample for name, sample in ((DENSE, first), (variant, second)) if sample}
        present = next(iter(sides.values()))
        item = to_item(present, language)
        scores = {DENSE: Score(), variant: Score()}
        scores |= {name: to_score(sample, item, rule) for name, sample in sides.items()}
        notes = [
            note
            for name, sample in sides.items()
            for note in differing_verdicts(sample, scores[name], name)
        ]
        scores[variant] = msgspec.structs.replace(
            scores[variant], kl_options=_divergence(scores[DENSE].choice, scores[variant].choice)
        )
        result.append(
            ScoredItem(item=item, prompt=present.prompt, scores=scores, notes=tuple(notes))
        )
    return result


def _question(sample: Sample) -> tuple[object, ...]:
    return sample.question, sample.golds, sample.options


def _different(dense: _Source, pruned: _Source, how: str) -> UserError:
    return UserError(
        f"{dense.path.name} and {pruned.path.name} are not of the same task: {how}",
        "Import two models' samples of one task, made with the same options.",
    )


def _divergence(dense: ChoiceScore | None, pruned: ChoiceScore | None) -> float | None:
    """KL(dense ‖ pruned) over the options, in nats."""
    if dense is None or pruned is None:
        return None
    pairs = zip(_log_probabilities(dense), _log_probabilities(pruned), strict=True)
    return added(math.exp(p) * (p - q) for p, q in pairs if p > -math.inf)


def _log_probabilities(choice: ChoiceScore) -> list[float]:
    values = [option.log_likelihood for option in choice.options]
    peak = max(values)
    total = peak + math.log(added(math.exp(value - peak) for value in values))
    return [value - total for value in values]


def _manifest(settings: Settings, sources: list[_Source], scored: list[ScoredItem]) -> Manifest:
    items = [scored_item.item for scored_item in scored]
    return Manifest(
        settings=settings,
        items=ItemsRecord(
            source=_as_text(sources[0].path.name), hash=items_hash(items), count=len(items)
        ),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={"imported from": " and ".join(dict.fromkeys(s.program for s in sources))},
        variants=tuple(
            VariantRecord(
                name=name,
                label=source.model,
                notes=(f"imported from {_as_text(source.path.name)}",),
            )
            for name, source in zip((DENSE, *settings.recipes), sources, strict=True)
        ),
    )

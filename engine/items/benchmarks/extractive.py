"""Questions about a passage that contains the answer: SQuAD's format and its relatives."""

from __future__ import annotations

from collections.abc import Iterator

from engine.items.benchmarks.declarations import Benchmark, Entry, Row, distinct
from engine.records.items import Item

TYDIQA_LANGUAGES = {
    "arabic": "ar",
    "bengali": "bn",
    "english": "en",
    "finnish": "fi",
    "indonesian": "id",
    "korean": "ko",
    "russian": "ru",
    "swahili": "sw",
    "telugu": "te",
}


def squad(row: Row) -> Iterator[Entry]:
    """SQuAD: `id`, `question`, `context`, `answers.text`; unanswerable questions are left out."""
    yield from _extractive(row, row.language)


def tydiqa(row: Row) -> Iterator[Entry]:
    """TyDiQA-GoldP: as SQuAD, the language is the first word of `id` ("finnish-…")."""
    word = row.text("id").split("-")[0]
    yield from _extractive(row, TYDIQA_LANGUAGES.get(word, row.language))


def _extractive(row: Row, language: str) -> Iterator[Entry]:
    answers = row.texts("answers.text")
    if not answers:
        return
    key = row.text("id")
    item = Item(
        id=key,
        language=language,
        question=row.text("question"),
        gold=answers[0],
        aliases=distinct(answers[0], answers),
        passage=row.text("context"),
    )
    yield Entry(key=key, item=item)


XQUAD_LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh")

BENCHMARKS = (
    Benchmark(
        name="xquad",
        convert=squad,
        licence="CC BY-SA 4.0",
        languages={tag: f"xquad.{tag}" for tag in XQUAD_LANGUAGES},
        repository="google/xquad",
        split="validation",
        has_passage=True,
    ),
    Benchmark(
        name="tydiqa",
        convert=tydiqa,
        licence="Apache-2.0",
        languages=dict.fromkeys(TYDIQA_LANGUAGES.values(), "secondary_task"),
        repository="google-research-datasets/tydiqa",
        split="validation",
        has_passage=True,
    ),
    Benchmark(
        name="squad",
        convert=squad,
        licence=None,
        languages={},
        repository=None,
        has_passage=True,
    ),
)

"""Rows of benchmarks in their real schemas."""

from __future__ import annotations

from typing import Any

SQUAD_ROW: dict[str, Any] = {
    "id": "56beb4343aeaaa14008c925b",
    "context": "The Panthers' defence gave up just 308 points.",
    "question": "How many points did the Panthers' defence give up?",
    "answers": {"text": ["308", "308", "308 points"], "answer_start": [35, 35, 35]},
}


MMMLU_ROW: dict[str, Any] = {
    "Unnamed: 0": 0,
    "Question": "Quelle planète est la plus grande ?",
    "A": "Mars",
    "B": "Vénus",
    "C": "Jupiter",
    "D": "La Terre",
    "Answer": "C",
    "Subject": "astronomy",
}


GLOBAL_MMLU_ROW: dict[str, Any] = {
    "sample_id": "astronomy/test/7",
    "subject": "astronomy",
    "subject_category": "STEM",
    "question": "どの惑星が一番大きいですか。",
    "option_a": "火星",
    "option_b": "木星",
    "option_c": "金星",
    "option_d": "地球",
    "answer": "B",
    "required_knowledge": "[]",
    "cultural_sensitivity_label": "CA",
    "is_annotated": True,
}


MKQA_ROW: dict[str, Any] = {
    "example_id": 563260143484355911,
    "query": "who sings i hear you knocking",
    "queries": {"en": "who sings i hear you knocking", "zh_cn": "谁唱的", "fr": "qui chante"},
    "answers": {
        "en": [
            {"type": "entity", "entity": "Q545186", "text": "Dave Edmunds", "aliases": ["Edmunds"]}
        ],
        "zh_cn": [{"type": "entity", "entity": "Q545186", "text": "戴维·埃德蒙兹"}],
        "fr": [{"type": "entity", "entity": "Q545186", "text": None, "aliases": []}],
    },
}


MINTAKA_ROW: dict[str, Any] = {
    "id": "a9011ddf",
    "question": "What is the seventh tallest mountain in North America?",
    "translations": {"de": "Wie heißt der siebthöchste Berg Nordamerikas?", "ja": "…何ですか？"},
    "questionEntity": [{"name": "Q49", "entityType": "entity", "label": "North America"}],
    "answer": {
        "answerType": "entity",
        "answer": [{"name": "Q1153188", "label": {"en": "Mount Lucania", "de": "Mount Lucania"}}],
        "mention": "Lucania",
    },
    "category": "geography",
    "complexityType": "ordinal",
}

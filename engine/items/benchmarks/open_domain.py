"""Open questions, without a passage and without options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from engine.items.benchmarks.declarations import OTHER_SCHEMA, Benchmark, Entry, Row, distinct
from engine.items.files import describe
from engine.items.validation import derived_id
from engine.records.errors import UserError
from engine.records.items import Item

MKQA_LANGUAGES = (
    "ar da de en es fi fr he hu it ja km ko ms nl no pl pt ru sv th tr vi zh_cn zh_hk zh_tw"
)
# The Hub stores an answer's type as its index in this list.
MKQA_TYPES = (
    "entity",
    "long_answer",
    "unanswerable",
    "date",
    "number",
    "number_with_unit",
    "short_phrase",
    "binary",
)
WITHOUT_SHORT_ANSWER = frozenset({"long_answer", "unanswerable"})

YES_NO = {
    "ar": ("نعم", "لا"),
    "de": ("Ja", "Nein"),
    "en": ("Yes", "No"),
    "es": ("Sí", "No"),
    "fr": ("Oui", "Non"),
    "hi": ("हाँ", "नहीं"),
    "it": ("Sì", "No"),
    "ja": ("はい", "いいえ"),
    "pt": ("Sim", "Não"),
}


def triviaqa(row: Row) -> Iterator[Entry]:
    """TriviaQA: `answer.value`, `answer.aliases`; the original file has capital letters."""
    original = row.has("QuestionId")
    key = row.text("QuestionId" if original else "question_id")
    question = row.text("Question" if original else "question")
    gold = row.text("Answer.Value" if original else "answer.value")
    aliases = row.texts("Answer.Aliases" if original else "answer.aliases")
    yield open_answer(key, "en", question, [gold, *aliases])


def nq_open(row: Row) -> Iterator[Entry]:
    """NQ-open: `question`, `answer` is a list."""
    question = row.text("question")
    yield open_answer(derived_id("en", question), "en", question, row.texts("answer"))


def popqa(row: Row) -> Iterator[Entry]:
    """PopQA: `possible_answers` is a JSON list in a text; `prop` is the kind."""
    written = row.text("possible_answers")
    try:
        answers = msgspec.json.decode(written, type=list[str])
    except msgspec.MsgspecError as error:
        message = f"{row.where}, column possible_answers: expected a JSON list of texts"
        raise UserError(message, OTHER_SCHEMA) from error
    question = row.text("question")
    yield open_answer(f"popqa-{row.text('id')}", "en", question, answers, kind=row.text("prop"))


def mkqa(row: Row) -> Iterator[Entry]:
    """MKQA: `queries` and `answers` by language; unanswerable and long ones are left out."""
    key = row.text("example_id")
    for name in MKQA_LANGUAGES.split():
        if not row.has(f"queries.{name}") or not row.has(f"answers.{name}"):
            continue
        answers = row.entries(f"answers.{name}")
        kinds = [_mkqa_type(row, f"answers.{name}", answer.get("type")) for answer in answers]
        if not kinds or WITHOUT_SHORT_ANSWER.intersection(kinds):
            return
        written = [
            text
            for answer in answers
            for text in (answer.get("text"), *(answer.get("aliases") or ()))
            if text
        ]
        question = row.text(f"queries.{name}")
        tag = _tag(name)
        # The type is the same in every language; the answer may be lacking in this one.
        if written:
            yield open_answer(key, tag, question, written, kind=kinds[0])
        else:
            yield Entry(key=key, item=None)


def mintaka(row: Row) -> Iterator[Entry]:
    """Mintaka: one answer entity, a number or yes/no; the original file has all languages."""
    if not row.has("translations"):
        language = row.text("lang")
        entities = row.entries("answerEntity") if row.has("answerEntity") else []
        text = row.text("answerText") if row.has("answerText") else None
        answer = _MintakaAnswer(
            label=_label(entities[0], language) if len(entities) == 1 else None,
            value=None if entities else text,
            mention=text,
        )
        yield _mintaka_entry(row, language, row.text("question"), answer)
        return
    answer_type = row.text("answer.answerType")
    mention = row.text("answer.mention") if row.has("answer.mention") else None
    answers = row.values["answer"].get("answer") or []
    if len(answers) != 1:
        return
    for language in YES_NO:
        column = "question" if language == "en" else f"translations.{language}"
        if not row.has(column):
            continue
        is_entity = answer_type == "entity"
        answer = _MintakaAnswer(
            label=_label(answers[0], language) if is_entity else None,
            value=None if is_entity else _written(answers[0]),
            mention=mention,
        )
        yield _mintaka_entry(row, language, row.text(column), answer)


class _MintakaAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The only answer of a question.

    Attributes:
        label: the answer entity's, in the question's language.
        value: of an answer that isn't an entity: yes, no, true, false or a number, in English.
        mention: the answer as annotators wrote it, in English.
    """

    label: str | None
    value: str | None
    mention: str | None


def _mintaka_entry(row: Row, language: str, question: str, answer: _MintakaAnswer) -> Entry:
    key, kind, value = row.text("id"), row.text("category"), answer.value or ""
    truth = {"yes": 0, "true": 0, "no": 1, "false": 1}.get(value.strip(" .").lower())
    if truth is not None:
        options = YES_NO[language]
        item = Item(
            id=key,
            language=language,
            question=question,
            gold=options[truth],
            options=options,
            kind="yes or no",
        )
        return Entry(key=key, item=item)
    if answer.label or (value and (language == "en" or value.isdigit())):
        aliases = [answer.mention] if answer.mention and language == "en" else []
        return open_answer(key, language, question, [answer.label or value, *aliases], kind=kind)
    return Entry(key=key, item=None)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _label(entity: object, language: str) -> str | None:
    """The entity's label: by language in the original file, of the row's language on the Hub."""
    label = entity.get("label") if isinstance(entity, Mapping) else None
    if isinstance(label, Mapping):
        label = label.get(language)
    return label.strip() or None if isinstance(label, str) else None


def _mkqa_type(row: Row, column: str, value: object) -> str:
    if not isinstance(value, int):
        return str(value)
    if isinstance(value, bool) or not 0 <= value < len(MKQA_TYPES):
        message = f"{row.where}, column {column}: no type of an answer has {describe(value)}"
        raise UserError(message, OTHER_SCHEMA)
    return MKQA_TYPES[value]


def _tag(name: str) -> str:
    language, _, region = name.partition("_")
    return f"{language}-{region.upper()}" if region else language


def open_answer(
    key: str, language: str, question: str, answers: Iterable[str], *, kind: str | None = None
) -> Entry:
    """The entry of a question with its right answers, the first of them the gold answer."""
    right = [answer.strip() for answer in answers if answer.strip()]
    if not right:
        return Entry(key=key, item=None)
    item = Item(
        id=key,
        language=language,
        question=question,
        gold=right[0],
        aliases=distinct(right[0], right),
        kind=kind,
    )
    return Entry(key=key, item=item)


BENCHMARKS = (
    Benchmark(
        name="mkqa",
        convert=mkqa,
        licence="CC BY-SA 3.0",
        languages={_tag(name): "mkqa" for name in MKQA_LANGUAGES.split()},
        repository="apple/mkqa",
        split="train",
        several_languages=True,
    ),
    Benchmark(
        name="mintaka",
        convert=mintaka,
        licence="CC BY 4.0",
        languages={tag: tag for tag in YES_NO},
        repository="AmazonScience/mintaka",
        several_languages=True,
    ),
    Benchmark(
        name="triviaqa",
        convert=triviaqa,
        licence="unknown",
        languages={"en": "rc.nocontext"},
        repository="mandarjoshi/trivia_qa",
        split="validation",
    ),
    Benchmark(
        name="nq-open",
        convert=nq_open,
        licence="CC BY-SA 3.0",
        languages={"en": "nq_open"},
        repository="google-research-datasets/nq_open",
        split="validation",
        lists=("answer",),
    ),
    Benchmark(
        name="popqa",
        convert=popqa,
        licence="MIT",
        languages={"en": "default"},
        repository="akariasai/PopQA",
    ),
)

"""Multiple-choice benchmarks, which come with their options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.items.benchmarks.declarations import Benchmark, Entry, Row
from engine.items.benchmarks.flores import BELEBELE_LANGUAGES
from engine.items.files import describe
from engine.items.validation import derived_id
from engine.records.errors import UserError, shortened
from engine.records.items import Item

LETTERS = ("A", "B", "C", "D")


def mmlu(row: Row) -> Iterator[Entry]:
    """MMLU: `question`, `choices` (original file: `A` to `D`), `answer`, `subject`."""
    places = row.places("choices") if row.has("choices") else lettered(row, LETTERS)
    question = row.text("question")
    subject = row.text("subject") if row.has("subject") else row.subject
    key = derived_id("en", "\n".join((question, *filter(None, places))))
    gold, options = row.choice(places, row.index("answer", len(places)), "answer")
    yield _entry(
        Item(id=key, language="en", question=question, gold=gold, options=options, kind=subject)
    )


def mmmlu(row: Row) -> Iterator[Entry]:
    """MMMLU: `Question`, `A` to `D`, `Answer`, `Subject`; the id is the row's position."""
    gold, options = row.choice(lettered(row, LETTERS), row.index("Answer", 4), "Answer")
    yield _entry(
        Item(
            id=f"mmmlu-{row.position}",
            language=row.language,
            question=row.text("Question"),
            gold=gold,
            options=options,
            kind=row.text("Subject"),
        )
    )


def global_mmlu(row: Row) -> Iterator[Entry]:
    """Global-MMLU: `sample_id`, `question`, `option_a` to `option_d`, `answer`, `subject`."""
    places = lettered(row, [f"option_{letter.lower()}" for letter in LETTERS])
    gold, options = row.choice(places, row.index("answer", 4), "answer")
    yield _entry(
        Item(
            id=row.text("sample_id"),
            language=row.language,
            question=row.text("question"),
            gold=gold,
            options=options,
            kind=row.text("subject"),
        )
    )


def belebele(row: Row) -> Iterator[Entry]:
    """Belebele: `flores_passage`, `mc_answer1` to `mc_answer4`, `correct_answer_num` from 1."""
    places = lettered(row, [f"mc_answer{number}" for number in range(1, 5)])
    column = "correct_answer_num"
    gold, options = row.choice(places, row.index(column, 4, first=1), column)
    yield _entry(
        Item(
            # All languages share the passage's address and the question's number.
            id=derived_id(row.text("link"), row.text("question_number")),
            language=CONFIGURATIONS.get(row.text("dialect"), row.language),
            question=row.text("question"),
            gold=gold,
            options=options,
            passage=row.text("flores_passage"),
        )
    )


def hellaswag(row: Row) -> Iterator[Entry]:
    """HellaSwag: `ctx` is continued by one of `endings`, `label` says which."""
    places = row.places("endings")
    gold, endings = row.choice(places, row.index("label", len(places)), "label")
    context = row.text("ctx")
    yield _entry(
        Item(
            id=f"hellaswag-{row.text('ind')}",
            language="en",
            question=context,
            gold=gold,
            options=endings,
            stem=context,
            kind=row.text("activity_label"),
        )
    )


def arc(row: Row) -> Iterator[Entry]:
    """ARC: `choices.text` and `choices.label`; the original file has all below `question`."""
    if row.has("question.choices"):
        question = row.text("question.stem")
        choices = row.entries("question.choices")
        labels = tuple(str(choice.get("label")) for choice in choices)
        places = tuple(str(choice.get("text") or "").strip() for choice in choices)
    else:
        question = row.text("question")
        labels, places = row.places("choices.label"), row.places("choices.text")
    gold, options = row.choice(places, _labelled(row, labels, len(places)), "answerKey")
    yield _entry(
        Item(
            id=row.text("id"),
            language="en",
            question=question,
            gold=gold,
            options=options,
        )
    )


def _labelled(row: Row, labels: Sequence[str], count: int) -> int:
    """The index of the option whose label is the answer: letters, or numbers from 1."""
    answer = row.text("answerKey")
    if len(labels) != count or answer not in labels:
        message = f"{row.where}, column answerKey: {describe(answer)} is the label of no option"
        known = ", ".join(map(shortened, labels)) or "none"
        raise UserError(message, f"The labels of its {count} options are: {known}.")
    return labels.index(answer)


def four_option(row: Row) -> Iterator[Entry]:
    """Any file with `question`, its options and `answer`.

    The options are a list `choices` or `options`, or the columns `A` to `D`; the answer is a
    letter, a number from 0, or the option's text. `id`, `language` and `subject` are optional.
    """
    lists = [name for name in ("choices", "options") if row.has(name)]
    places = row.places(lists[0]) if lists else lettered(row, LETTERS)
    question = row.text("question")
    answer = row.text("answer")
    index = places.index(answer) if answer in places else row.index("answer", len(places))
    gold, options = row.choice(places, index, "answer")
    language = row.text("language") if row.has("language") else row.language
    yield _entry(
        Item(
            id=row.text("id") if row.has("id") else derived_id(language, question),
            language=language,
            question=question,
            gold=gold,
            options=options,
            kind=row.text("subject") if row.has("subject") else None,
        )
    )


def _entry(item: Item) -> Entry:
    return Entry(key=item.id, item=item)


def lettered(row: Row, columns: Sequence[str]) -> tuple[str, ...]:
    """The options of a row that has a column for each."""
    return tuple(row.text(column) for column in columns)


CONFIGURATIONS = {configuration: tag for tag, configuration in BELEBELE_LANGUAGES.items()}

MMMLU_CONFIGURATIONS = (
    "AR_XY BN_BD DE_DE ES_LA FR_FR HI_IN ID_ID IT_IT JA_JP KO_KR PT_BR SW_KE YO_NG ZH_CN"
)
GLOBAL_MMLU_LANGUAGES = (
    "am ar bn cs de el en es fa fil fr ha he hi id ig it ja ko ky lt mg ms ne nl ny pl pt ro ru "
    "si sn so sr sv sw te tr uk vi yo zh"
)
GLOBAL_MMLU_LITE_LANGUAGES = "ar bn de en es fr hi id it ja ko my pt sw yo zh"

BENCHMARKS = (
    Benchmark(
        name="global-mmlu",
        convert=global_mmlu,
        licence="Apache-2.0",
        languages={tag: tag for tag in GLOBAL_MMLU_LANGUAGES.split()},
        repository="CohereLabs/Global-MMLU",
        short_answers=False,
        ships_options=True,
    ),
    Benchmark(
        name="global-mmlu-lite",
        convert=global_mmlu,
        licence="Apache-2.0",
        languages={tag: tag for tag in GLOBAL_MMLU_LITE_LANGUAGES.split()},
        repository="CohereLabs/Global-MMLU-Lite",
        short_answers=False,
        ships_options=True,
    ),
    Benchmark(
        name="mmlu",
        convert=mmlu,
        licence="MIT",
        languages={"en": "all"},
        repository="cais/mmlu",
        short_answers=False,
        ships_options=True,
        headings=("question", *LETTERS, "answer"),
        lists=("choices",),
    ),
    Benchmark(
        name="mmmlu",
        convert=mmmlu,
        licence="MIT",
        languages={name[:2].lower(): name for name in MMMLU_CONFIGURATIONS.split()},
        repository="openai/MMMLU",
        short_answers=False,
        ships_options=True,
    ),
    Benchmark(
        name="belebele",
        convert=belebele,
        licence="CC BY-SA 4.0",
        languages=BELEBELE_LANGUAGES,
        repository="facebook/belebele",
        short_answers=False,
        ships_options=True,
        has_passage=True,
    ),
    Benchmark(
        name="hellaswag",
        convert=hellaswag,
        licence="MIT",
        languages={"en": "default"},
        repository="Rowan/hellaswag",
        split="validation",
        short_answers=False,
        ships_options=True,
    ),
    Benchmark(
        name="arc-challenge",
        convert=arc,
        licence="CC BY-SA 4.0",
        languages={"en": "ARC-Challenge"},
        repository="allenai/ai2_arc",
        ships_options=True,
    ),
    Benchmark(
        name="arc-easy",
        convert=arc,
        licence="CC BY-SA 4.0",
        languages={"en": "ARC-Easy"},
        repository="allenai/ai2_arc",
        ships_options=True,
    ),
    Benchmark(
        name="four-option",
        convert=four_option,
        licence=None,
        languages={},
        repository=None,
        ships_options=True,
        lists=("choices", "options"),
    ),
)

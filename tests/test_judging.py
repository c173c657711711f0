"""What counts as a right answer, in which language, and what the reader is told."""

from __future__ import annotations

import re
import time
import unicodedata
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.judging import F1_THRESHOLD, judge, matching, tokens
from engine.judging.characters import characters
from engine.judging.languages import Affixes, affixes, decimal_comma, grouped_by_space
from engine.judging.tokens import Stream, streams

CONTAINED = [
    # language, answer, gold, what is marked in the raw answer
    ("en", "Paris. It is the largest city", "paris", "Paris"),
    ("en", "It is the Hague, of course", "The Hague", "the Hague"),
    ("en", "Washington DC", "Washington, D.C.", "Washington DC"),
    ("en", "the U.S. of course", "US", "U.S"),
    ("en", "by J.R.R. Tolkien", "JRR Tolkien", "J.R.R. Tolkien"),
    ("en", "It costs 1,000 dollars", "1000", "1,000"),
    ("en", "about 1,000,000.5", "1000000.5", "1,000,000.5"),
    ("en", "It is vitamin A.", "A", "A"),
    ("en", "Nuku’alofa!", "Nukualofa", "Nuku’alofa"),
    ("en", "Sanaa", "Sana'a", "Sanaa"),
    ("en", "written in C++, mostly", "C++", "C++"),
    ("en", "a 🎉 for you", "🎉", "🎉"),
    ("en", "it is in $", "$", "$"),
    ("en", "I ❤ you", "❤️", "❤"),
    ("en", "a tab\tNew\n York", "New York", "New\n York"),
    ("en", "\x1b[31mOslo\x1b[0m [/b] Lima", "Lima", "Lima"),
    ("de", "1.000 Einwohner", "1000", "1.000"),
    ("de", "ZÜRICH", "Zurich", "ZÜRICH"),
    ("de", "in der Strasse", "Straße", "Strasse"),
    ("es", "La capital es Bogota", "Bogotá", "Bogota"),
    ("fr", "la capitale de l'Italie", "Italie", "Italie"),
    ("fr", "12 000 habitants", "12000", "12 000"),
    ("pt", "Sao Tome", "São Tomé", "Sao Tome"),
    ("tr", "Başkenti Paris'tir.", "Paris", "Paris"),
    ("tr", "ISPARTA", "Isparta", "ISPARTA"),
    ("tr", "ığdır", "IĞDIR", "ığdır"),
    ("tr", "istanbul", "İSTANBUL", "istanbul"),
    ("vi", "Hà Nội", "Ha Noi", "Hà Nội"),
    ("ru", "Орёл", "Орел", "Орёл"),
    ("el", "Η Αθηνα", "Αθήνα", "Αθηνα"),
    ("ar", "هي القَاهِرَة", "القاهرة", "القَاهِرَة"),
    ("ar", "وباريس جميلة", "باريس", "باريس"),
    ("ar", "٥٠ شخصًا", "50", "٥٠"),
    ("he", "בפריז", "פריז", "פריז"),
    ("hi", "भारत की राजधानी नई दिल्ली है", "नई दिल्ली", "नई दिल्ली"),
    ("hi", "५०", "50", "५०"),
    ("zh", "中国的首都是北京。", "北京", "北京"),
    ("zh", "２００８年", "2008", "２００８"),
    ("ja", "フランスの首都はパリです", "パリ", "パリ"),
    ("ja", "ﾊﾟﾘ", "パリ", "ﾊﾟﾘ"),
    ("ja", "首都は葛\U000e0100飾です", "葛飾", "葛\U000e0100飾"),
    ("ja", "変体仮名の\U0001b002です", "\U0001b002", "\U0001b002"),
    ("zh", "共〢人", "〢", "〢"),
    ("th", "คือกรุงโรมครับ", "โรม", "โรม"),
    ("km", "គឺភ្នំពេញ។", "ភ្នំពេញ", "ភ្នំពេញ"),
    ("my", "၁၂ ခု", "12", "၁၂"),
    ("ko", "서울입니다", "서울", "서울"),
    ("ko", "2008년", "2008", "2008"),
]

NOT_CONTAINED = [
    ("en", "Romeo", "Rome"),
    ("en", "a city in the north", "A"),
    ("en", "written in C", "C++"),
    ("en", "1990s", "1990"),
    ("en", "5.25", "5"),
    ("en", "-5 degrees", "5"),
    ("en", "the city", "the the"),
    ("de", "1,000 Meter", "1000"),
    ("ru", "в Париже", "Париж"),
    ("ru", "мои", "мой"),
    ("ar", "ابن", "بن"),
    ("hi", "दिल", "दिल्ली"),
    ("ja", "パリス", "パリ"),
    ("th", "โรมาเนีย", "โรม"),
    ("ko", "로마노", "로마"),
    ("zh", "京北", "北京"),
]


@pytest.mark.parametrize(("language", "text", "gold", "marked"), CONTAINED)
def test_a_right_answer_is_found_and_marked(
    language: str, text: str, gold: str, marked: str
) -> None:
    judgement = judge(text, [gold], language)
    assert judgement.correct, judgement
    assert judgement.answer == gold
    assert text[judgement.start : judgement.end] == marked


@pytest.mark.parametrize(("language", "text", "gold"), NOT_CONTAINED)
def test_a_part_of_another_word_is_not_the_gold_answer(language: str, text: str, gold: str) -> None:
    judgement = judge(text, [gold], language)
    assert not judgement.correct, judgement
    assert judgement.start is None
    assert judgement.explanation == "not the gold answer"


@pytest.mark.parametrize(
    ("language", "text", "answers", "explanation"),
    [
        ("en", "Paris", ["Paris"], "is exactly the gold answer"),
        ("en", "It is Kiev.", ["Kyiv", "Kiev"], "contains the alias ‘Kiev’"),
        ("en", "the Kiev", ["Kyiv", "Kiev"], "is exactly the alias ‘Kiev’"),
        ("en", "Oslo", ["Kyiv", "Kiev"], "neither the gold answer nor an alias"),
        ("en", " \n", ["Kyiv"], "empty answer"),
        ("pt", "Sao Paulo", ["São Paulo"], "is exactly the gold answer (accents apart)"),
        ("ko", "파리는", ["파리"], "contains the gold answer with an attached particle"),
    ],
)
def test_the_explanation_says_why(
    language: str, text: str, answers: list[str], explanation: str
) -> None:
    assert judge(text, answers, language).explanation == explanation


def test_the_gold_answer_goes_before_an_alias_that_is_contained_as_well() -> None:
    assert judge("New York City", ["New York City", "New York"], "en").answer == "New York City"
    assert judge("it is Kyiv, Kiev", ["Kyiv", "Kiev"], "en").answer == "Kyiv"


def test_every_rule_is_kept_and_one_is_the_verdict() -> None:
    text, gold = "La capital es Bogotá", ["Bogotá"]
    for rule in ("containment", "exact", "f1"):
        judgement = judge(text, gold, "es", rule)
        assert (judgement.containment, judgement.exact) == (True, False)
        assert judgement.f1 == pytest.approx(2 / 4)
    assert judge(text, gold, "es", "containment").correct
    exact = judge(text, gold, "es", "exact")
    assert not exact.correct
    assert exact.explanation == "contains the gold answer, but the rule is exact match"
    f1 = judge("La bella ciudad de Bogotá", gold, "es", "f1")
    assert not f1.correct
    assert f1.explanation == "contains the gold answer, but its token F1 0.40 is below 0.5"


@pytest.mark.parametrize(
    ("language", "text", "gold", "f1"),
    [
        ("en", "the big red house", "a red house", 2 * 2 / 5),
        ("zh", "北京市", "北京", 2 * 2 / 5),
        ("ja", "東京都です", "東京都", 2 * 3 / 8),
        ("th", "กรุงเทพ", "เทพ", 2 * 2 / 7),
        ("ko", "서울특별시", "서울", 2 * 2 / 7),
        ("ar", "مدينة القاهرة", "قاهرة", 2 / 3),
    ],
)
def test_f1_counts_words_or_characters_by_script(
    language: str, text: str, gold: str, f1: float
) -> None:
    judgement = judge(text, [gold], language, "f1")
    assert judgement.f1 == pytest.approx(f1)
    assert judgement.correct == (f1 >= F1_THRESHOLD)


def test_exact_match_needs_its_language_for_articles_and_digits() -> None:
    assert judge("La Habana", ["Habana"], "es", "exact").correct
    assert not judge("La Habana", ["Habana"], "en", "exact").correct
    assert judge("1.000", ["1000"], "de", "exact").correct
    assert not judge("1.000", ["1000"], "en", "exact").correct


def test_gold_answers_of_nothing_but_space_never_match() -> None:
    assert not judge("anything", [" "], "en").correct
    assert judge("???", ["?"], "en").correct
    assert not judge("no", ["?"], "en").correct


def test_a_long_answer_is_judged_quickly_and_marked_in_place() -> None:
    text = "слово Ünï 巴黎 " * 400 + "Reykjavík"
    start = time.perf_counter()
    judgement = judge(text, ["Reykjavik", *(f"alias {n}" for n in range(30))], "is")
    assert time.perf_counter() - start < 1.5
    assert text[judgement.start : judgement.end] == "Reykjavík"


def test_an_answer_may_begin_with_a_mark_that_stands_on_nothing() -> None:
    assert not judge("\u0948 \u0301x", ("Paris",), "hi").correct
    assert judge("\u0948 Paris", ("Paris",), "en").correct


UNSPACED_LETTERS = (
    "HIRAGANA LETTER",
    "HENTAIGANA LETTER",
    "KATAKANA LETTER",
    "BOPOMOFO LETTER",
    "LAO LETTER",
    "KHMER LETTER",
    "MYANMAR LETTER",
)


def test_every_letter_of_a_script_without_spaces_is_a_token() -> None:
    named = [
        letter
        for letter in map(chr, range(0x20000))
        if unicodedata.name(letter, "").startswith(UNSPACED_LETTERS)
        and unicodedata.category(letter) == "Lo"
    ]
    assert len(named) > 700
    letters = [*named, *map(chr, range(0x4E00, 0x9FF0, 64)), *map(chr, range(0x20000, 0x2A6D0, 64))]
    # A letter that is none of these would be one word with the digits around it.
    words = streams("7".join([*letters, ""]), "und")[0].words
    assert words == tuple(word for letter in letters for word in (letter, "7"))


LANGUAGES = ["en", "de", "fr", "tr", "ru", "ar", "he", "hi", "zh", "ja", "th", "ko", "km", "my"]
ALPHABET = [
    *"aZ9 .,-'’$+#:/\n\t\x1b\x00",
    *"éİıßÆŁ",
    *"йЁΆ",
    *"البو٣ّآـ",
    *"בָ׳",
    *"दिी्५",
    *"กำเ์แ",
    *"北京，（",
    *"パｶﾞー・が々",
    *"서한ᄒ\u1161",
    *"ខ្ម",
    *"မြန္",
    *"🎉\u200d\ufe0f\u202e\u2028½①",
]


def test_any_text_can_be_judged_and_every_visible_gold_answer_is_itself() -> None:
    random = Random(0)
    for _ in range(1000):
        gold = "".join(random.choices(ALPHABET, k=random.randint(1, 7)))
        text = "".join(random.choices(ALPHABET, k=random.randint(0, 30)))
        language = random.choice(LANGUAGES)
        for answer in (gold, text, f"{text} {gold}"):
            judgement = judge(answer, [gold], language)
            assert judgement.correct == judgement.containment
            assert 0.0 <= judgement.f1 <= 1.0
            if judgement.start is not None:
                assert judgement.end is not None
                assert 0 <= judgement.start < judgement.end <= len(answer)
        if judge(gold, [gold], language).answer is None:
            assert not any(character.isalnum() for character in gold), repr(gold)
        else:
            assert judge(gold, [gold], language).exact, repr(gold)


def literal_find(answer: Stream, gold: tuple[str, ...], particles: Affixes) -> object:
    """What containing means, window by window, as it was first written down."""
    length = len(gold)
    windows = [
        (first, answer.words[first : first + length], answer.tokens[first : first + length])
        for first in range(len(answer.words) - length + 1)
    ]
    for first, words, spans in windows:
        if words == gold and not matching._inside_katakana(
            answer.tokens, first, first + length - 1
        ):
            return first, spans[0].start, spans[-1].end, False
    for first, words, spans in windows if particles.shortest else ():
        least = particles.shortest
        before = matching._particle(words[0], gold[0], particles.before, least, at_end=False)
        after = matching._particle(words[-1], gold[-1], particles.after, least, at_end=True)
        left = list(words)
        left[0] = left[0][before:]
        left[-1] = left[-1][: len(left[-1]) - after]
        if tuple(left) == gold:
            return first, spans[0].starts[before], spans[-1].ends[-1 - after], True
    return None


PARTS = {
    "en": ["a ", "b ", "ab ", "the ", "1 ", "."],
    "ja": ["パ", "リ", "ー", "東", "京", " "],
    "ko": ["서울", "부산", "은", "는", " ", " 이"],
    "ar": ["باريس", "روما", "و", "ال", " ", " "],
    "he": ["פריז", "רומא", "ב", "ה", " ", " "],
}


@settings(max_examples=400, deadline=None)
@given(data=st.data(), language=st.sampled_from(sorted(PARTS)))
def test_containing_is_what_the_literal_definition_says(data: st.DataObject, language: str) -> None:
    texts = st.lists(st.sampled_from(PARTS[language]), max_size=14).map("".join)
    answer, gold = data.draw(texts), data.draw(texts)
    for answered in streams(answer, language):
        for candidate in streams(gold, language):
            if candidate.words:
                found = matching._find(answered, candidate.words, affixes(language))
                assert found == literal_find(answered, candidate.words, affixes(language))


@settings(max_examples=400, deadline=None)
@given(
    text=st.lists(st.sampled_from(["1", "00", "000", "'", ".", ",", " ", "x", "-"]), max_size=40),
    language=st.sampled_from(["en", "de", "fr"]),
)
def test_numbers_of_few_groups_are_read_whole(text: list[str], language: str) -> None:
    comma, spaces = decimal_comma(language), grouped_by_space(language)
    limited = tokens._pattern(comma, spaces)
    unlimited = re.compile(limited.pattern.replace(f"{{0,{tokens.MOST_GROUPS}}}", "*"))
    kinds = tokens._kinds("".join(text), list(characters("".join(text))), comma)
    assert limited.pattern != unlimited.pattern
    assert [m.span() for m in limited.finditer(kinds)] == [
        m.span() for m in unlimited.finditer(kinds)
    ]


class CountingText(str):
    """A word that counts how often it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        CountingText.compared += 1
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        CountingText.compared += 1
        return str.__ne__(self, other)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_long_answer_is_compared_word_by_word_once(language: str) -> None:
    words = tuple(map(CountingText, ["باريس"] * 2000))
    gold = tuple(map(CountingText, ["باريس"] * 1000 + ["روما"]))
    answer = Stream(streams("باريس " * 2000, language)[0].tokens, words, ())
    CountingText.compared = 0
    assert matching._find(answer, gold, affixes(language)) is None
    assert CountingText.compared < 10 * (len(words) + len(gold))

"""How a wrong answer fails is told by its text, in any script: the first mode that fits."""

from __future__ import annotations

import time
from random import Random

import pytest

from engine.judging import judge
from engine.judging.background import Background
from engine.judging.failures import failure_of, with_failure
from engine.judging.loops import find_loop
from engine.records.items import Item
from engine.records.scores import Answer, Failure, GoldScore, Score, TokenScore

LIMIT = 24
WORDING = {
    "en": ("What is the capital of {}?", "The capital of {} is"),
    "ar": ("ما هي عاصمة {}؟", "عاصمة {} هي"),
    "hi": ("{} की राजधानी क्या है?", "{} की राजधानी"),
    "ja": ("{}の首都はどこですか？", "{}の首都は"),
    "zh": ("{}的首都是哪里？", "{}的首都是"),
    "th": ("เมืองหลวงของ{}คือเมืองอะไร", "เมืองหลวงของ{}คือ"),
    "ko": ("{}의 수도는 어디입니까?", "{}의 수도는"),
}
CAPITALS = {
    "en": "Japan:Tokyo China:Beijing Indonesia:Jakarta France:Paris Norway:Oslo Algeria:Algiers",
    "ar": "اليابان:طوكيو الصين:بكين إندونيسيا:جاكرتا فرنسا:باريس مصر:القاهرة",
    "hi": "जापान:टोक्यो चीन:बीजिंग फ़्रांस:पेरिस नॉर्वे:ओस्लो भारत:दिल्ली",
    "ja": "中国:北京 フランス:パリ ノルウェー:オスロ インドネシア:ジャカルタ エジプト:カイロ",
    "zh": "日本:东京 中国:北京 印度尼西亚:雅加达 法国:巴黎 挪威:奥斯陆",
    "th": "ญี่ปุ่น:โตเกียว จีน:ปักกิ่ง ฝรั่งเศส:ปารีส นอร์เวย์:ออสโล อียิปต์:ไคโร",
    "ko": "일본:도쿄 중국:베이징 프랑스:파리 노르웨이:오슬로 이집트:카이로",
}


def capitals(language: str) -> dict[str, Item]:
    question, stem = WORDING[language]
    pairs = [pair.split(":") for pair in CAPITALS[language].split()]
    golds = [gold for _, gold in pairs]
    return {
        country: Item(
            id=f"{language}-{number}",
            language=language,
            question=question.format(country),
            stem=stem.format(country),
            gold=gold,
            options=(gold, golds[(number + 1) % len(golds)]),
            kind="capital",
        )
        for number, (country, gold) in enumerate(pairs)
    }


ITEMS = [item for language in WORDING for item in capitals(language).values()]
BACKGROUND = Background(ITEMS, LIMIT)


def failed(text: str, item: Item, tokens: int = 5, gold: GoldScore | None = None) -> Failure:
    judgement = judge(text, item.answers, item.language)
    assert not judgement.correct, judgement
    return failure_of(Answer(text=text, judgement=judgement, tokens=tokens), item, BACKGROUND, gold)


@pytest.mark.parametrize(
    ("language", "country", "text", "mode", "named"),
    [
        ("en", "China", "", "empty", None),
        ("en", "China", " \n", "empty", None),
        ("en", "China", "?", "empty", None),
        ("en", "China", "the capital of China is the capital of China is the", "loop", None),
        ("en", "Japan", "Jakarta, Jakarta, Jakarta, Jakarta", "loop", None),
        ("en", "China", "the city of Jakarta.", "other-option", "Jakarta"),
        ("en", "China", "Oslo, I think", "other-entity", "Oslo"),
        ("en", "China", "Oslo, or Jakarta", "other-option", "Jakarta"),
        ("en", "China", "China.", "echo", "China"),
        ("en", "China", "China. It is a large country", "echo", "China"),
        ("en", "Algeria", "Algeria", "echo", "Algeria"),
        ("en", "China", "the capital of China.", "restates", None),
        ("en", "China", "the capital", "restates", None),
        ("en", "China", "the capital of the Latin language.", "restates", None),
        ("en", "China", "the capital of the United States of China.", "restates", None),
        ("en", "China", "the capital of China is China.", "restates", None),
        ("en", "China", "the capital of China is Shanghai.", "other", None),
        ("en", "Indonesia", "Jakarti, a large city", "near-miss", "Jakarta"),
        ("en", "Algeria", "not Algerian", "other", None),
        ("en", "China", "🎉", "other", None),
        ("en", "China", "The capital of China is", "restates", None),
        ("en", "China", "столица Китая", "other-language", None),
        ("en", "China", "a very large city in the north", "other", None),
        ("ar", "الصين", "عاصمة الصين", "restates", None),
        ("ar", "الصين", "الصين.", "echo", "الصين"),
        ("ar", "الصين", "عاجيجيجيجيجيجيجي\ufffd", "loop", None),
        ("ar", "الصين", "هي وباريس", "other-entity", "باريس"),
        ("ar", "الصين", "The word is Arabic", "other-language", None),
        ("hi", "चीन", "चीन", "echo", "चीन"),
        ("hi", "चीन", "चीन की राजधानी", "restates", None),
        ("hi", "चीन", "ओस्लो है", "other-entity", "ओस्लो"),
        ("ja", "中国", "中国の首都は中国の首都は", "loop", None),
        ("ja", "中国", "中国です", "other", None),
        ("ja", "中国", "中国。", "echo", "中国"),
        ("ja", "インドネシア", "ジャカルト", "near-miss", "ジャカルタ"),
        ("ja", "中国", "パリです", "other-option", "パリ"),
        ("ja", "中国", "カイロです", "other-entity", "カイロ"),
        ("zh", "中国", "中国。", "echo", "中国"),
        ("zh", "中国", "中国的首都是", "restates", None),
        ("zh", "中国", "中国的首都中国的首都中国", "loop", None),
        ("zh", "中国", "巴黎", "other-entity", "巴黎"),
        ("zh", "中国", "首都はここです", "other-language", None),
        ("zh", "印度尼西亚", "雅加塔", "near-miss", "雅加达"),
        ("th", "จีน", "เมืองหลวงของจีน", "restates", None),
        ("th", "จีน", "คือปารีสครับ", "other-option", "ปารีส"),
        ("th", "จีน", "คือออสโลครับ", "other-entity", "ออสโล"),
        ("ko", "중국", "중국", "echo", "중국"),
        ("ko", "중국", "오슬로는", "other-entity", "오슬로"),
        ("ko", "중국", "중국의 수도는", "restates", None),
    ],
)
def test_the_mode_is_the_first_that_fits(
    language: str, country: str, text: str, mode: str, named: str | None
) -> None:
    failure = failed(text, capitals(language)[country])
    assert (failure.mode, failure.text) == (mode, named), failure
    assert failure.explanation


def test_an_answer_at_the_token_limit_is_cut_off_where_nothing_else_fits() -> None:
    china = capitals("en")["China"]
    assert failed("a very large city in the north", china, LIMIT).mode == "cut-off"
    assert failed("a very large city in the north", china, LIMIT - 1).mode == "other"
    assert failed("the capital of China, which is the capital of the Uni", china, LIMIT).mode == (
        "restates"
    )


def test_a_loop_tells_its_onset_and_its_period() -> None:
    china = capitals("en")["China"]
    failure = failed("well, the capital of China is the capital of China is the capital of", china)
    assert (failure.onset, failure.period, failure.unit, failure.start) == (2, 5, "word", 6)
    assert failure.explanation == "loops from word 2 with a period of 5 words"
    failure = failed("的首都是中国的首都是中国", capitals("zh")["日本"])
    assert (failure.onset, failure.period, failure.unit) == (1, 6, "character")
    assert failed("ha ha ha", china).explanation == "loops from word 1 with a period of 1 word"


@pytest.mark.parametrize(
    ("text", "cut", "loops"),
    [
        ("Pago Pago", False, False),
        ("Pago Pago Pago", False, True),
        ("one two three one two three", False, True),
        ("one two one two", False, False),
        ("one two three one two three and more", False, False),
        ("one two three one two three one tw", False, False),
        ("one two three one two three one tw", True, True),
        ("天天天", False, False),
        ("天天天天天天", False, True),
        ("____________", False, True),
        ("1000000", False, False),
    ],
)
def test_a_span_loops_where_it_is_repeated_to_the_end(text: str, cut: bool, loops: bool) -> None:
    assert (find_loop(text, "en", cut=cut) is not None) is loops


def test_the_loop_found_is_the_one_that_a_literal_search_finds() -> None:
    random = Random(1)
    for _ in range(2000):
        words = random.choices("abc", k=random.randint(1, 12))
        found = find_loop(" ".join(words), "und", cut=False)
        expected = None
        for onset in range(len(words)):
            for period in range(1, len(words)):
                rest = words[onset:]
                repeats = all(rest[i] == rest[i % period] for i in range(len(rest)))
                times = len(rest) // period
                if repeats and (times >= 3 or (times >= 2 and period >= 3)):
                    expected = expected or (onset + 1, period)
        assert (found and (found.onset, found.period)) == expected, words


def test_a_near_miss_tells_where_it_breaks() -> None:
    jakarta = capitals("en")["Indonesia"]
    tokens = tuple(
        TokenScore(id=number, text=text, rank=1, probability=0.5)
        for number, text in enumerate((" Jak", "ar", "ta"))
    )
    gold = GoldScore(answer="Jakarta", tokens=tokens, top=())
    failure = failed("It is Jakarti.", jakarta, gold=gold)
    assert (failure.onset, failure.token, failure.start) == (7, 3, 12)
    breaks = "begins like ‘Jakarta’ and breaks at character 7, in its token 3"
    assert failure.explanation == breaks
    assert failed("Jakartagrad", jakarta).onset == 8


def test_what_was_asked_about_is_no_near_miss() -> None:
    brazil = Item(id="br", language="es", question="¿La capital de Brasil?", gold="Brasilia")
    assert failed("la gran Brasil, creo", brazil).mode == "other"
    assert failed("la gran Brasila, creo", brazil).mode == "near-miss"


def test_letters_of_another_script_tell_another_language_only_where_that_is_sure() -> None:
    item = capitals("en")["China"]
    serbian = Item(id="sr", language="sr", question="Главни град Кине?", gold="Пекинг")
    assert failed("αβγδ", item).explanation == "is written in Greek letters"
    assert failed("ne znam", serbian).mode == "other"
    russian = Item(id="ru", language="ru", question="Столица Китая?", gold="Пекин")
    assert failed("місто її", russian).mode == "other-language"
    chinese = failed("这是一个非常大的城市在北方", capitals("ja")["中国"])
    assert chinese.explanation == "has no kana"
    assert failed("5 km", capitals("ar")["الصين"]).mode == "other"


def test_right_answers_have_no_mode_and_stricter_rules_keep_their_explanation() -> None:
    item = capitals("en")["China"]
    right = Score(open=Answer(text="Beijing", judgement=judge("Beijing", ("Beijing",), "en")))
    assert with_failure(right, item, BACKGROUND) is right
    text = "It is Beijing, it is Beijing, it is Beijing"
    answer = Answer(text=text, judgement=judge(text, item.answers, "en", "exact"), tokens=9)
    failure = failure_of(answer, item, BACKGROUND)
    assert failure.mode == "loop"
    assert failure.explanation.startswith("contains the gold answer, but the rule is exact match; ")
    text = "It is Beijing, in China, not Oslo"
    answer = Answer(text=text, judgement=judge(text, item.answers, "en", "exact"), tokens=9)
    assert failure_of(answer, item, BACKGROUND).mode == "other"


def test_any_text_fails_somehow_and_quickly() -> None:
    random = Random(0)
    alphabet = [
        *"aZ9 .,-\n\x1b[",
        *"éйЁ",
        *"البו",
        *"दिी्",
        *"กำเ",
        *"北京パ",
        "서",
        "🎉\u200d",
        "\u202e",
    ]
    texts = ["".join(random.choices(alphabet, k=random.randint(0, 80))) for _ in range(500)]
    for text in texts:
        item = random.choice(ITEMS)
        if not judge(text, item.answers, item.language).correct:
            assert failed(text, item).mode
    many = [
        Item(id=str(n), language="en", question=f"Where is {n}?", gold=f"Place {n}", kind="place")
        for n in range(100_000)
    ]
    background = Background(many, LIMIT)
    text = "in the Place 99999 of the other"
    answer = Answer(text=text, judgement=judge(text, ("Place 7",), "en"))
    start = time.perf_counter()
    failure = failure_of(answer, many[7], background)
    assert time.perf_counter() - start < 10
    assert failure.text == "Place 99999"
    start = time.perf_counter()
    for _ in range(200):
        failure_of(answer, many[7], background)
    assert time.perf_counter() - start < 2


def test_answers_of_many_words_are_found_in_time_that_grows_with_the_text() -> None:
    again = "ab " * 20_000
    items = [
        Item(id="long", language="en", question="What does it say?", gold=again + "end"),
        Item(id="short", language="en", question="What does it say?", gold="ab"),
        Item(id="own", language="en", question="What does it say?", gold="other"),
    ]
    background = Background(items, LIMIT)
    start = time.perf_counter()
    assert [named.item_id for named in background.named(again, items[2])] == ["short"]
    found = {named.item_id for named in background.named(f"{again}end", items[2])}
    assert found == {"long", "short"}
    assert time.perf_counter() - start < 20


def test_answers_of_items_that_share_one_are_no_other_entity() -> None:
    spanish = [
        Item(id=name, language="en", question=f"What do people speak in {name}?", gold="Spanish")
        for name in ("Peru", "Chile")
    ]
    french = Item(id="fr", language="en", question="What in France?", gold="French")
    background = Background([*spanish, french], LIMIT)
    assert [named.item_id for named in background.named("French or Spanish", spanish[0])] == ["fr"]
    assert background.others(spanish[0]) == 1
    assert background.others(french) == 2

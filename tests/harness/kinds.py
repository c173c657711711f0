"""Hostile text by kind: one of each, and mixtures of them."""

from __future__ import annotations

import random

from tests.harness.acting import MARK

KINDS = {
    "markup": "[/b] [red]x[/] [@click=app.quit]y[/] [bold",
    "control sequence": f"\x1b[{MARK};2H\x1b[?{MARK}h\x1b[{MARK}m\x1b[{MARK}J",
    "title": f"\x1b]0;{MARK}\x07\x1b]2;{MARK}\x1b\\",
    "clipboard": f"\x1b]52;c;{MARK}bHM=\x07",
    "device control": f"\x1bP+q{MARK}\x1b\\\x1b_{MARK}\x1b\\\x1bc",
    "paste end": f"\x1b[201~{MARK}\x1b[200~",
    "unfinished sequence": "\x1b[",
    "C1": f"\x9b{MARK}m \x9d0;{MARK}\x9c \x90+q{MARK}\x9c \x85 \x84",
    "controls": "\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10\x17\x18\x1a\x1c\x1f\x7f",
    "null": "a\x00b\x00",
    "line ends": "one\ntwo\r\nthree\rfour\vfive\fsix\x85seven\u2028eight\u2029",
    "tabs": "a\tb\t\tc",
    "bidi override": "\u202esiraP\u202c \u202dx",
    "bidi isolates": "\u2066a\u2067b\u2068c",
    "bidi marks": "\u200ea\u200fb\u061cc",
    "zero width": "a\u200bb\u2060c\ufeffd\u00ade\u034ff\u180eg\u2061h",
    "joiners": "\u200ca\u200db \u200d\u200d",
    "fillers": "\u115f\u1160\u3164\uffa0 \u17b4\u17b5",
    "tag characters": "\U000e0001\U000e0065\U000e006e\U000e007f",
    "variation selectors": "\ufe0fa\ufe00\U000e0100\U000e01ef",
    "annotations": "\ufff9a\ufffab\ufffb",
    "invisible notation": "\U0001d173a\U0001d17a\U0001bca0",
    "combining flood": "e" + "\u0301\u0316" * 200,
    "marks alone": "\u0301\u0316\u20dd",
    "private use": "\ue000\uf8ff\U000f0000\U0010fffd",
    "no characters": "\ufdd0\uffff\U0001fffe",
    "Arabic": "ما هي عاصمة مصر 123 (القاهرة) abc",
    "Hebrew": "מהי (בירת) צרפת? 45 %",
    "Indic": "नई दिल्ली புது தில்லி",
    "Thai": "กรุงเทพมหานครอมรรัตนโกสินทร์",
    "wide": "北京是中国的首都。東京",
    "emoji": "👨‍👩‍👧🇫🇷⚠️👍🏽🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "formula": "=cmd|' /C calc'!A0",
    "formulas": "@SUM(1+1)*cmd",
    "signs": "+1+1-2 -2+3",
    "wide formula": "＝1+1 ＠x",
    "HTML": '</td></script><img src=x onerror="alert(1)"><!-- &amp; &#27;',
    "Markdown": "a | b || `c` *d* _e_ # f ~g~ > h <br> [x](javascript:y) ![z](http://w) $m$ \\",
    "Markdown lines": "\n| x | y |\n| --- | --- |\n\n# heading\n- point\n```\n",
    "quotes": '"\'""\'\'`“”\\\\"""',
    "templates": "{{7*7}} {0} %s ${HOME} {x!r}",
    "paths": "../../../etc/passwd C:\\x ~root /dev/null",
    "spaces": "   \u00a0\u2003\u3000   ",
    "long word": "w" * 3_000,
    "long text": "word " * 2_000,
}
HALVES = "\ud800 \udfff\ud83d"
"""Halves of characters, which only what is typed or named can hold: no file of ours does."""
MEGABYTE = "word \x1b[31m\u202e[/b] " * (1 << 16)


def mixture(rng: random.Random) -> str:
    """Several kinds in one text."""
    return "".join(rng.sample(list(KINDS.values()), rng.randint(2, 5)))

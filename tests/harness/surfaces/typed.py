"""What is typed: filters, recipes, decodings; and the config file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from engine.analysis.filters import parse_filter
from engine.analysis.frame import pairs_frame
from engine.analysis.metrics.registry import by_filter_name
from engine.analysis.recovery_items import parse_recover_filter
from engine.methods.modifiers import MODIFIERS
from engine.methods.recipes import parse_recipe
from engine.methods.registry import methods
from engine.records.decodings.registry import kinds, parse_decoding
from engine.records.protocol import StartRun, decode_request, encode
from tests.harness.hostile import mangled, texts
from tests.harness.surface import Surface
from tests.runs_helpers import PRUNED, one_of_each
from tui.options.planning import plan_run
from tui.options.run_options import RunOptions

FRAME = pairs_frame(one_of_each(), "dense", PRUNED)

_NUMBERS = ("3", "-1", "10%", "1e400", "nan", "inf", "1_0", "٣", "0x10", "9" * 400, "1e-400%")
_VALUES = st.one_of(
    st.sampled_from((*_NUMBERS, "right", "no", "absent", "lost,never", "en", "zh-Hans", "loop")),
    texts(halves=True),
)


@st.composite
def _condition(draw: DrawFn) -> str:
    name = draw(st.one_of(st.sampled_from(list(by_filter_name())), texts(halves=True)))
    sign = draw(st.sampled_from((":", "=", "!=", "<", "<=", ">", ">=", "", "::", "=>")))
    value = draw(_VALUES)
    if draw(st.booleans()):
        value = f'"{value}"'
    return draw(st.sampled_from(("", "", "-", "--"))) + name + sign + value


_FILTERS = st.one_of(
    st.lists(st.one_of(_condition(), texts(halves=True)), max_size=4).map(" ".join),
    st.tuples(_condition(), st.sampled_from((50, 3_000))).map(lambda c: f"{c[0][:100]} " * c[1]),
    texts(halves=True).map(lambda text: text[:100] * 2_000),
)


def _filter(text: str, _directory: Path) -> None:
    FRAME.filter(parse_filter(text))
    parse_recover_filter(text)


_AMOUNTS = st.one_of(
    st.sampled_from(
        ("0.5", "2:4", "4:64", "4", "0", "1", "-0", "1e-9", "0.9999999", "1_0", "nan", "inf", "٣")
    ),
    st.floats().map(str),
    st.integers(-2, 2000).map(str),
    st.just("9" * 5_000),
    texts(halves=True),
)


@st.composite
def _recipe_text(draw: DrawFn) -> str:
    name = draw(st.one_of(st.sampled_from(list(methods())), texts(halves=True)))
    added = st.one_of(
        st.sampled_from([f"+{name}" for name in MODIFIERS]),
        st.sampled_from(("+keep=0.2", "+keep=", "+keep=" + "9" * 5_000, "+", "@auto", "@", ",")),
        texts(halves=True),
    )
    amounts = ":".join(draw(st.lists(_AMOUNTS, min_size=1, max_size=3)))
    return f"{name}:{amounts}{''.join(draw(st.lists(added, max_size=3)))}"


def _recipe(text: str, _directory: Path) -> None:
    recipe = parse_recipe(text)
    again = parse_recipe(str(recipe))
    assert again == recipe, f"{recipe} is read as {again}"
    assert recipe.label


@st.composite
def _decoding_text(draw: DrawFn) -> str:
    name = draw(st.one_of(st.sampled_from(list(kinds())), texts(halves=True)))
    return f"{name}{draw(st.sampled_from(('', '=', '==')))}{draw(_AMOUNTS)}"


def _decoding(text: str, _directory: Path) -> None:
    assert parse_decoding(text).label


CONFIG = b"""
[defaults]
model = "mine"
sparsity = [0.5, "2:4"]
method = "ria"
limit = 30
letters = true
max-memory = 8.5
seed = 3
language = "en,de"
recover = ["beam=8"]
prompt = "auto"

[models]
mine = "org/my-model"

[engine]
command = "ssh other 'illusion engine'"
"""
_CONFIG_JUNK = (
    b"[" * 100_000,
    b"a = " + b"[" * 50_000,
    b"a.b.c.d = 1\n",
    b"0x" + b"f" * 9_000,
    b"9" * 5_000,
    b"1e999",
    b"nan",
    b"-inf",
    b"'''",
    b'"""',
    b'"\\ud800"',
    b"\\u0000",
    b"1979-05-27T07:32:00Z",
    b"{a = {b = {c = 1}}}",
    b"\xff",
    b"\x00",
    b"\r",
    b"=",
    b"true",
    b"[[models]]\n",
)
_OPTIONS = [
    name for name in RunOptions.__struct_encode_fields__ if name not in ("config", "out", "engine")
]
_TOML_VALUES = st.one_of(
    st.sampled_from(
        [junk.decode() for junk in _CONFIG_JUNK if len(junk) < 10_000 and junk.isascii()]
    ),
    st.sampled_from(('"auto"', '"capitals"', '"en"', "[]", "[1, 2]", "0", "-1", "0.5", "false")),
    st.integers().map(str),
    st.floats().map(str),
    texts().map(lambda text: msgspec.json.encode(text).decode()),
)


@st.composite
def _config_file(draw: DrawFn) -> bytes:
    if draw(st.booleans()):
        return draw(mangled(CONFIG, _CONFIG_JUNK))
    named = st.tuples(st.one_of(st.sampled_from(_OPTIONS), texts()), _TOML_VALUES)
    lines = [f"{name} = {value}" for name, value in draw(st.lists(named, max_size=4))]
    section = draw(st.sampled_from(("[defaults]", "[models]", "[engine]", "[defaults.x]", "")))
    return "\n".join((section, *lines, "")).encode("utf-8", "surrogatepass")


def _config(data: bytes, directory: Path) -> None:
    path = directory / "config.toml"
    path.write_bytes(data)
    for engine in (None, "ssh gpubox illusion-engine"):
        _planned(RunOptions(config=path, engine=engine, limit=2))


def _planned(options: RunOptions) -> None:
    """What is planned passes through the pipe as it is."""
    plan = plan_run(options)
    directory = None if plan.directory is None else str(plan.directory)
    request = StartRun(settings=plan.settings, directory=directory)
    assert decode_request(encode(request)) == request


def _options(case: dict[str, Any], directory: Path) -> None:
    config = directory / "empty.toml"
    config.touch()
    try:
        options = msgspec.convert(case, RunOptions)
    except (msgspec.ValidationError, ValueError, OverflowError):
        # What typer or the config file has refused before.
        return
    _planned(msgspec.structs.replace(options, config=config))


_OPTION_VALUES = st.one_of(
    texts(halves=True),
    st.lists(texts(halves=True), max_size=2),
    st.integers(0, 10),
    st.sampled_from([2**63, 10**30, 0.5, float("nan"), float("inf"), True, 10**5_000]),
)

SURFACES = (
    Surface("filters", _FILTERS, _filter),
    Surface("recipes", _recipe_text(), _recipe),
    Surface("decodings", _decoding_text(), _decoding),
    Surface("config files", _config_file(), _config),
    Surface(
        "options",
        st.dictionaries(st.sampled_from(_OPTIONS), _OPTION_VALUES, max_size=3),
        _options,
    ),
)

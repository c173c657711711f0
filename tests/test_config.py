"""The config file, and how it and the command line become settings."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import platformdirs
import pytest

from engine.items.reading import read_items
from engine.records.errors import UserError
from engine.records.settings import Settings
from tests.cli_helpers import run_cli
from tui.app import InspectorApp
from tui.keys import bound_keys, keys_template
from tui.options.config import Config, read_config
from tui.options.options import ModelOptions
from tui.options.planning import Plan, plan_model, plan_run
from tui.options.run_options import NOT_IN_CONFIG, RunOptions
from tui.options.template import template

REMOTE = "ssh gpubox illusion-engine"


def config_file(directory: Path, text: str) -> Path:
    file = directory / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def remote_plan(tmp_path: Path, options: RunOptions, config: str = "") -> Plan:
    """A plan for a remote engine: paths are not looked at here, but for a file of items."""
    values = {name: getattr(options, name) for name in RunOptions.__struct_fields__}
    values["config"] = config_file(tmp_path, config)
    values["engine"] = values["engine"] or REMOTE
    return plan_run(RunOptions(**values))


def settings(tmp_path: Path, options: RunOptions, config: str = "") -> Settings:
    return remote_plan(tmp_path, options, config).settings


def test_every_line_of_the_template_can_be_used(tmp_path: Path) -> None:
    text = f"{template()}\n{keys_template(InspectorApp)}"
    assert read_config(config_file(tmp_path, text)) == Config()
    used = re.sub(r"^# (?=[a-z-]+ = )", "", text, flags=re.MULTILINE)
    config = read_config(config_file(tmp_path, used))
    assert config.models == {"small": "Qwen/Qwen3-0.6B"}
    assert config.engine.command == "ssh gpubox illusion-engine"
    # The keys that are there already may be written down.
    assert bound_keys(config.keys, InspectorApp, tmp_path).keys() == config.keys.keys()
    options = msgspec.structs.asdict(config.defaults)
    assert {name for name, value in options.items() if value in (None, [])} == NOT_IN_CONFIG


def test_the_command_writes_the_template_once(tmp_path: Path) -> None:
    printed = run_cli(tmp_path, "config").stdout
    assert printed.startswith(template())
    assert "# beam = " in printed
    file = tmp_path / "new" / "config.toml"
    assert run_cli(tmp_path, "config", "--write", "--config", file).returncode == 0
    assert file.read_text(encoding="utf-8") == printed
    again = run_cli(tmp_path, "config", "--write", "--config", file)
    assert again.returncode == 2
    assert "there already" in again.stderr


def test_what_is_nearly_right_is_asked_back(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"70 % is written 0\.7"):
        settings(tmp_path, RunOptions(sparsity=["70"]))
    with pytest.raises(UserError) as found:
        read_items("capitols")
    assert "'capitals'" in found.value.hint
    with pytest.raises(UserError) as found:
        read_config(config_file(tmp_path, "[model]\nname = 'x'\n"))
    assert "[defaults]" in found.value.hint


def test_bare_defaults_show_the_illusion_on_the_embedded_model(tmp_path: Path) -> None:
    assert settings(tmp_path, RunOptions()) == Settings(
        model="smollm2", recipes=("wanda:0.45",), items="capitals", languages=("en",), limit=60
    )
    assert settings(tmp_path, RunOptions(limit=5)).limit == 5
    assert settings(tmp_path, RunOptions(items="capitals")).limit is None


def test_english_is_the_default_only_where_neither_items_nor_language_are_given(
    tmp_path: Path,
) -> None:
    assert settings(tmp_path, RunOptions(items="capitals")).languages == ()
    assert settings(tmp_path, RunOptions(language=["en,es", "th"])).languages == ("en", "es", "th")
    assert settings(tmp_path, RunOptions(), '[defaults]\nitems = "x.csv"').languages == ()


@pytest.mark.parametrize(
    ("options", "recipes"),
    [
        (RunOptions(sparsity=["0.7"]), ("wanda:0.7",)),
        (RunOptions(sparsity=["0.30,0.4", "0.5"]), ("wanda:0.3", "wanda:0.4", "wanda:0.5")),
        (RunOptions(sparsity=["2:4"], method="sparsegpt"), ("sparsegpt:2:4",)),
        (RunOptions(method="ria"), ("ria:0.45",)),
        (RunOptions(method="wanda+owl", sparsity=["0.6"]), ("wanda:0.6+owl",)),
        (RunOptions(recipe=["wanda:0.5", "rtn:4:128"]), ("wanda:0.5", "rtn:4:128")),
        (RunOptions(recipe=["wanda:0.5,ria:0.5", "wanda:0.50"]), ("wanda:0.5", "ria:0.5")),
        (RunOptions(recipe=["checkpoint:a,b"]), ("checkpoint:a,b",)),
    ],
)
def test_recipes_from_sparsities_and_methods(
    tmp_path: Path, options: RunOptions, recipes: tuple[str, ...]
) -> None:
    assert settings(tmp_path, options).recipes == recipes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (RunOptions(recipe=["wanda:0.5"], sparsity=["0.5"]), "--recipe and --sparsity"),
        (RunOptions(recipe=["wanda:0.5"], method="ria"), "--recipe and --method"),
        (RunOptions(sparsity=["1.5"]), "from 0 to below 1"),
        (RunOptions(method="wonda"), "no method 'wonda'"),
        (RunOptions(method="gptq", sparsity=["0.5"]), "gptq takes no --sparsity"),
        (RunOptions(recipe=["wanda:0.5"], against="wanda:0.50"), "compared with itself"),
        (RunOptions(recover=["beam=8,sampling"]), "'sampling' is not a decoding"),
        (RunOptions(engine="ssh 'gpubox"), "--engine"),
    ],
)
def test_what_makes_no_sense_is_refused_with_exit_status_2(
    tmp_path: Path, options: RunOptions, message: str
) -> None:
    with pytest.raises(UserError) as raised:
        settings(tmp_path, options)
    assert message in raised.value.message
    assert raised.value.status == 2


def test_the_command_line_goes_before_the_config_file(tmp_path: Path) -> None:
    config = """
[defaults]
model = "mine"
sparsity = [0.5, "2:4"]
method = "ria"
limit = 30
letters = true
max_memory = 8

[models]
mine = "org/my-model"

[engine]
command = "ssh other 'illusion engine'"
"""
    plan = plan_run(
        RunOptions(config=config_file(tmp_path, config), limit=5, sparsity=["0.6"], letters=False)
    )
    assert plan.settings.model == "org/my-model"
    assert plan.settings.recipes == ("ria:0.6",)
    assert (plan.settings.limit, plan.settings.letters) == (5, False)
    assert plan.settings.max_memory_gib == 8
    assert plan.engine == ("ssh", "other", "illusion engine")
    assert settings(tmp_path, RunOptions(recipe=["noise:0.1"]), config).recipes == ("noise:0.1",)
    assert settings(tmp_path, RunOptions(), config).recipes == ("ria:0.5", "ria:2:4")
    recipe = '[defaults]\nrecipe = "rtn:4"'
    assert settings(tmp_path, RunOptions(), recipe).recipes == ("rtn:4",)
    assert settings(tmp_path, RunOptions(sparsity=["0.6"]), recipe).recipes == ("wanda:0.6",)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[defaults]\nmodle = 'x'", "unknown option in [defaults]: 'modle'", "'model'"),
        ("[deaults]", "unknown section: 'deaults'", "'defaults'"),
        ("[engine]\ncomand = 'x'", "unknown name in [engine]: 'comand'", "'command'"),
        ("[defaults]\nlimit = 'x'", "defaults.limit: Expected `int", ""),
        ("[defaults]\nlimit = 0", "defaults.limit: 0 is less than 1", ""),
        ("[defaults]\nprompt = 'x'", "defaults.prompt", ""),
        ("[models]\nmine = 3", "Expected `str`", ""),
        ("model = 'x'", "unknown section: 'model'", ""),
        ("defaults = 3", "'defaults' must be a section", ""),
        ("[defaults", "is not TOML", ""),
        ("[defaults]\nrecipe = 'wanda:0.5'\nmethod = 'ria'", "[defaults]", "whole recipe"),
    ],
)
def test_a_wrong_config_file_says_where_and_what(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    file = config_file(tmp_path, text)
    with pytest.raises(UserError) as raised:
        plan_run(RunOptions(config=file))
    assert message in raised.value.message
    assert hint in raised.value.hint
    assert raised.value.status == 2


def test_only_a_named_config_file_must_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def empty(_: str) -> Path:
        return tmp_path

    monkeypatch.setattr(platformdirs, "user_config_path", empty)
    assert read_config() == Config()
    config_file(tmp_path, "[models]\nmine = 'org/x'")
    assert read_config().models == {"mine": "org/x"}
    with pytest.raises(UserError, match="no config file"):
        read_config(tmp_path / "other.toml")


SQUAD = json.dumps(
    [{"id": "1", "context": "It is Paris.", "question": "Capital?", "answers": {"text": ["Paris"]}}]
)


def test_local_paths_become_absolute_so_that_a_run_opens_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    (tmp_path / "pruned").mkdir()
    (tmp_path / "text.txt").write_text("text")
    items = tmp_path / "items.jsonl"
    items.write_text('{"question": "Capital of France?", "gold": "Paris", "language": "en"}\n')
    given = RunOptions(
        model="./model",
        recipe=["checkpoint:pruned"],
        items="items.jsonl",
        calibration="../" + tmp_path.name + "/text.txt",
        config=config_file(tmp_path, ""),
    )
    made = plan_run(given).settings
    assert made.model == str(tmp_path / "model")
    assert made.recipes == (f"checkpoint:{tmp_path / 'pruned'}",)
    assert made.items == str(items)
    assert made.calibration == str(tmp_path / "text.txt")
    for name in ("dev.en.json", "dev.es.json"):
        (tmp_path / name).write_text(SQUAD)
    several = RunOptions(items="squad:dev.en.json,dev.es.json", config=config_file(tmp_path, ""))
    absolute = f"squad:{tmp_path / 'dev.en.json'},{tmp_path / 'dev.es.json'}"
    assert plan_run(several).settings.items == absolute
    values = {name: getattr(given, name) for name in RunOptions.__struct_fields__}
    remote = plan_run(RunOptions(**{**values, "engine": REMOTE})).settings
    assert (remote.model, remote.calibration) == ("./model", given.calibration)
    assert remote.items == str(items)


def test_items_are_checked_before_anything_starts(tmp_path: Path) -> None:
    items = tmp_path / "items.jsonl"
    items.write_text('{"question": "Capital of France?"}\n')
    with pytest.raises(UserError, match="row 1, field gold"):
        plan_run(RunOptions(items=str(items), config=config_file(tmp_path, "")))


def test_a_checkpoint_is_planned_without_items(tmp_path: Path) -> None:
    config = config_file(tmp_path, "[defaults]\nitems = 'no-such-file.jsonl'\nseed = 7")
    plan = plan_model(ModelOptions(recipe=["wanda:2:4"], config=config))
    assert plan.settings.recipes == ("wanda:2:4",)
    assert plan.settings.seed == 7

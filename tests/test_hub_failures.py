"""A Hub that misbehaves over real connections: every failure is one clear error."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli_helpers import run_cli
from tests.hub_client import HubClient, online
from tests.hub_server import COMMIT, REPOSITORY, Behaviour, HubServer, hub_server, refusing_endpoint
from tests.tiny_models import save_tiny_checkpoint


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """A Hub that has a tiny checkpoint."""
    with hub_server(save_tiny_checkpoint("llama", tmp_path_factory.mktemp("tiny"))) as running:
        yield running


@pytest.fixture(scope="module")
def process(server: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubClient]:
    """A process that asks this Hub."""
    started = HubClient(tmp_path_factory.mktemp("home"), server.endpoint)
    yield started
    started.close()


@pytest.fixture
def client(server: HubServer, process: HubClient) -> HubClient:
    """The process, with an empty cache and a Hub that behaves."""
    server.behaviour = "ok"
    server.requested.clear()
    shutil.rmtree(process.hub_cache, ignore_errors=True)
    return process


def test_a_model_is_downloaded_with_progress_and_then_found_without_asking_the_hub(
    client: HubClient, server: HubServer
) -> None:
    outcome = client.resolve(REPOSITORY)
    assert outcome["revision"] == COMMIT
    weights = Path(outcome["directory"]) / "model.safetensors"
    assert weights.read_bytes() == server.files["model.safetensors"]
    assert {stage for stage, *_ in outcome["progress"]} == {"fetch"}
    assert f"{REPOSITORY} from {server.endpoint}" in outcome["progress"][0][1]

    server.behaviour = "server error"
    assert client.resolve(REPOSITORY)["directory"] == outcome["directory"]


@pytest.mark.parametrize(
    ("behaviour", "options", "message", "hint"),
    [
        ("token refused", {"token": "hf_old"}, "refuses the access token", "hf auth login"),
        ("private", {}, "for users who aren't logged in (401)", "hf auth login"),
        ("gated", {}, f"{REPOSITORY} is gated", f"Accept it at ENDPOINT/{REPOSITORY}"),
        ("forbidden", {}, "ENDPOINT forbids access", "hf auth whoami"),
        ("no model", {}, f"ENDPOINT has no model {REPOSITORY}", "--model takes an alias"),
        ("no revision", {"revision": "v9"}, "has no revision 'v9' at ENDPOINT", "/tree/main"),
        ("too many requests", {}, "takes no more requests from here for now (429)", "77 seconds"),
        ("server error", {}, "ENDPOINT fails with status 500", "try again later"),
        ("silence", {}, "ENDPOINT did not answer in time", "HF_HUB_DOWNLOAD_TIMEOUT"),
        ("half a file", {}, "the connection to ENDPOINT was cut", "files that are complete"),
        ("other size", {}, "has another size than announced", "Try again"),
        ("garbage", {}, "download of model.safetensors from ENDPOINT is damaged", "was removed"),
        ("web page", {}, "ENDPOINT is not a Hugging Face Hub", "wants a log-in first"),
    ],
)
def test_every_failure_says_what_happened_and_what_to_do(
    client: HubClient,
    server: HubServer,
    behaviour: Behaviour,
    options: dict[str, str],
    message: str,
    hint: str,
) -> None:
    server.behaviour = behaviour
    outcome = client.resolve(REPOSITORY, **options)
    assert message in outcome["message"].replace(server.endpoint, "ENDPOINT")
    assert hint in outcome["hint"].replace(server.endpoint, "ENDPOINT")
    assert REPOSITORY in outcome["message"]
    assert "\n" not in outcome["message"]
    assert not list(client.hub_cache.rglob("*.incomplete"))


def test_after_a_damaged_download_the_next_one_fetches_only_that_file_anew(
    client: HubClient, server: HubServer
) -> None:
    server.behaviour = "garbage"
    assert "message" in client.resolve(REPOSITORY)
    server.behaviour = "ok"
    server.requested.clear()
    assert "directory" in client.resolve(REPOSITORY)
    assert server.requested == ["model.safetensors"]


def test_a_close_name_is_suggested(client: HubClient, server: HubServer) -> None:
    server.behaviour = "no model"
    assert "Did you mean Qwen/Qwen3-8B" in client.resolve("Qwen/Qwen3-8")["hint"]


def test_a_download_stops_when_it_is_cancelled(client: HubClient, server: HubServer) -> None:
    server.behaviour = "slow file"
    outcome = client.resolve(REPOSITORY, cancel_after=0.3)
    assert 0.3 <= outcome["cancelled"] < 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 64 KiB."""
    directory = tmp_path / "disk"
    directory.mkdir()
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root mounts a file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(directory)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield directory
    subprocess.run(["umount", str(directory)], check=True)


def test_a_full_disk_is_said_with_the_directory(
    client: HubClient, tmp_path: Path, small_disk: Path
) -> None:
    client.hub_cache.symlink_to(small_disk)
    outcome = client.resolve(REPOSITORY)
    client.hub_cache.unlink()
    assert f"the disk is full: it does not fit in {client.hub_cache}" in outcome["message"]
    assert "HF_HUB_CACHE" in outcome["hint"]


def test_score_downloads_what_the_hub_has(server: HubServer, tmp_path: Path) -> None:
    server.behaviour = "ok"
    items = tmp_path / "items.jsonl"
    items.write_text('{"id": "1", "language": "en", "question": "1 + 1?", "gold": "2"}\n')
    done = run_cli(
        tmp_path,
        *("score", "--model", REPOSITORY, "--recipe", "magnitude:0.5", "--items", items),
        *("--answer-tokens", "2", "--dtype", "float32", "--json", "--out", tmp_path / "run"),
        seconds=120,
        **online(tmp_path / "hub", server.endpoint),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["items"] == 1
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["model"]["revision"] == COMMIT


def test_without_a_network_the_command_says_what_to_do(tmp_path: Path) -> None:
    endpoint = refusing_endpoint()
    done = run_cli(
        tmp_path,
        *("score", "--model", "qwen-0.6b", "--sparsity", "0.7", "--items", "capitals"),
        *("--dtype", "bfloat16", "--out", tmp_path / "run"),
        seconds=120,
        **online(tmp_path / "hub", endpoint),
    )
    talk = " ".join(done.stderr.split())
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert f"Qwen/Qwen3-0.6B is not in the Hub's cache ({tmp_path}/hub)" in talk
    assert f"{endpoint} can't be reached (Connection refused)" in talk
    for way in ("hf download Qwen/Qwen3-0.6B", "HF_ENDPOINT", "GGUF", "--model smollm2"):
        assert way in talk


def test_a_host_name_that_is_not_known_is_said_in_a_few_words(tmp_path: Path) -> None:
    client = HubClient(tmp_path, "http://no-such-host.invalid")
    message = client.resolve("qwen")["message"]
    client.close()
    assert f"Qwen/Qwen3-8B is not in the Hub's cache ({client.hub_cache})" in message
    assert "http://no-such-host.invalid can't be reached (" in message
    assert "Errno" not in message


def test_a_benchmark_that_can_not_be_had_says_so_too(server: HubServer, tmp_path: Path) -> None:
    server.behaviour = "gated"
    done = run_cli(
        tmp_path,
        *("score", "--items", "xquad:es", "--out", tmp_path / "run"),
        seconds=120,
        HF_DATASETS_OFFLINE="0",
        **online(tmp_path / "hub", server.endpoint),
    )
    talk = " ".join(done.stderr.split())
    assert (done.returncode, done.stdout) == (1, "")
    assert "the dataset google/xquad is gated" in talk
    assert f"{server.endpoint}/datasets/google/xquad" in talk
    assert "Traceback" not in talk

"""A Hub that fails: `tests/test_hub_failures.py` says what each failure is called."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from tests.harness.faulting.fault import Fault, check_words
from tests.harness.faulting.worker import tiny_checkpoint
from tests.hub_client import HubClient
from tests.hub_server import REPOSITORY, Behaviour, hub_server

KIND = "hub"
GOOD = ("ok", "slow file")


def _failing(behaviour: Behaviour) -> Callable[[Path, random.Random], None]:
    def attempt(directory: Path, _: random.Random) -> None:
        with hub_server(tiny_checkpoint(), behaviour) as server:
            client = HubClient(directory, server.endpoint)
            try:
                outcome = client.resolve(REPOSITORY)
                assert "directory" not in outcome, "it was taken"
                check_words(outcome["message"])
                assert outcome["hint"], outcome["message"]
                assert not list(client.hub_cache.rglob("*.incomplete")), "half a file is left"
                server.behaviour = "ok"
                found = Path(client.resolve(REPOSITORY)["directory"])
                weights = (found / "model.safetensors").read_bytes()
                assert weights == server.files["model.safetensors"], "it is another one"
            finally:
                client.close()

    return attempt


FAULTS = tuple(
    Fault(KIND, behaviour, _failing(behaviour), short=False)
    for behaviour in get_args(Behaviour)
    if behaviour not in GOOD
)

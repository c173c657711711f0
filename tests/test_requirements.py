"""The ranges of pyproject.toml, the lock and the oldest versions agree with one another."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.oldest_versions import LEFT_OUT, oldest_versions

ROOT = Path(__file__).parent.parent
PYPROJECT = (ROOT / "pyproject.toml").read_text()


def test_the_lock_has_an_admitted_version_of_everything_that_development_needs() -> None:
    lines = (ROOT / "requirements-dev.lock").read_text().split()
    pinned = [Requirement(line) for line in lines]
    versions = {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in pinned}
    project = tomllib.loads(PYPROJECT)["project"]
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"], *(text for extra in extras.values() for text in extra)]
    for requirement in map(Requirement, needed):
        if requirement.name != "pip":
            version = versions[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), f"{requirement}: {version} is locked"


def test_the_oldest_versions_are_the_lower_bounds_of_all_requirements_but_torch() -> None:
    project = tomllib.loads(PYPROJECT)["project"]
    requirements = {Requirement(text).name: Requirement(text) for text in project["dependencies"]}
    pins = {Requirement(line).name: Requirement(line) for line in oldest_versions(PYPROJECT)}
    assert requirements.keys() - pins.keys() == LEFT_OUT
    assert {"pytest", "pytest-asyncio"} <= pins.keys()
    for name, requirement in requirements.items():
        if name in pins:
            (pin,) = pins[name].specifier
            assert requirement.specifier.contains(pin.version)
            assert f">={pin.version}" in str(requirement.specifier)

"""The oldest versions that pyproject.toml admits, as constraints for pip on standard output.

`python -m tests.oldest_versions` needs nothing but Python. torch is left out: its oldest release
comes with gigabytes of CUDA libraries, so it stays at the version that pip finds.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

LEFT_OUT = {"torch"}

_LOWER_BOUND = re.compile(r"([\w.-]+)>=([\w.]+)")


def oldest_versions(pyproject: str) -> list[str]:
    """One `name==version` for each requirement of the project and of its tests.

    Raises:
        ValueError: a requirement has no lower bound.
    """
    project = tomllib.loads(pyproject)["project"]
    requirements = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    constraints = []
    for requirement in requirements:
        bound = _LOWER_BOUND.match(requirement)
        if bound is None:
            raise ValueError(f"{requirement} has no lower bound")
        if bound[1] not in LEFT_OUT:
            constraints.append(f"{bound[1]}=={bound[2]}")
    return constraints


if __name__ == "__main__":
    print("\n".join(oldest_versions(Path("pyproject.toml").read_text())))

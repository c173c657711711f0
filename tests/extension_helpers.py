"""Small packages of other people's, built as wheels and installed beside the tests' own."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path


def install_package(
    directory: Path, name: str, source: str, group: str, entries: dict[str, str]
) -> Path:
    """Build a wheel with one module, and install it with pip.

    Args:
        directory: where the wheel and the installation go.
        name: of the package and of its module.
        source: of the module.
        group: of the entry points.
        entries: from an entry point's name to the module's attribute.

    Returns:
        The directory that belongs on the import path.
    """
    wheel = directory / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    points = [f"{entry} = {name}:{attribute}" for entry, attribute in entries.items()]
    contents = {
        f"{name}.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "\n".join([f"[{group}]", *points, ""]),
    }
    record = "".join(f"{path},,\n" for path in (*contents, f"{info}/RECORD"))
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**contents, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    installed = directory / "installed"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"),
            *("--target", str(installed), str(wheel)),
        ],
        check=True,
    )
    return installed

"""Writing weights, where the disk may refuse."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from engine.records.errors import UserError
from engine.system_errors import refusal

_SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")
"""How safetensors, which is written in Rust, spells an errno."""


@contextmanager
def system_errors() -> Iterator[None]:
    """What safetensors says of a disk that refuses is an `OSError` here, as Python raises it."""
    try:
        yield
    except SafetensorError as error:
        spelled = _SYSTEM_ERROR.search(str(error))
        if spelled is None:
            raise
        number = int(spelled[1])
        raise OSError(number, os.strerror(number)) from error


@contextmanager
def put_in_cache(directory: Path) -> Iterator[None]:
    """Tell where a disk refuses a model that is put into the cache meanwhile.

    Raises:
        UserError: it does.
    """
    try:
        with system_errors():
            yield
    except OSError as error:
        raise UserError(
            f"the model can't be put into {directory}: {refusal(error)}",
            "Make room there, or set XDG_CACHE_HOME to a directory on another disk that you may "
            "write to. Then give the same command again.",
            status=1,
        ) from error

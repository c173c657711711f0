"""What the system refuses (a full disk, a directory that may not be written), in words."""

from __future__ import annotations

import errno
import mmap

from engine.records.errors import UserError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""There is no room: on the disk, in the user's share of it, or in a file that may not grow."""
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)

LIBRARY_BYTES = 256 << 20
"""About what polars takes; torch takes more."""

_ROOM = "Make room on that disk, then give the same command again."
_RIGHTS = "Change its permissions, or name another place."
_LOG = "The engine's log, or ILLUSION_TUI_DEBUG=1, tells where it happened."


def memory_is_out() -> bool:
    """Whether the system refuses as much memory as a library takes.

    One that can't be loaded, or only in part, fails later and anyhow.
    """
    try:
        mmap.mmap(-1, LIBRARY_BYTES).close()
    except OSError:
        return True
    return False


def refusal(error: OSError) -> str:
    """Why, as in "No space left on device"."""
    return error.strerror or str(error) or type(error).__name__


def system_failure(error: OSError) -> UserError:
    """The error for what nothing more definite is known of."""
    what = refusal(error) if error.filename is None else f"{error.filename}: {refusal(error)}"
    hint = _ROOM if error.errno in FULL else _RIGHTS if error.errno in FORBIDDEN else _LOG
    return UserError(f"the system refuses: {what}", hint, status=1)


def no_temporary_files(error: OSError) -> UserError:
    """The error for what is put aside for a moment, and can't be."""
    return UserError(
        f"there is no place for temporary files: {refusal(error)}",
        "Make room for them, or set TMPDIR to a directory that you may write to.",
        status=1,
    )

"""What went wrong with the Hugging Face Hub, in words that tell what to do next."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from json import JSONDecodeError
from typing import Literal

import msgspec
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import (
    DisabledRepoError,
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

# The HTTP library changes between major versions of huggingface_hub; this name follows it.
from huggingface_hub.utils import httpx

from engine.records.errors import UserError

HUB_FAILURES = (httpx.HTTPError, OSError, ValueError, RuntimeError)
"""The bases of what huggingface_hub raises when something can't be had: its own HfHubHTTPError and
LocalEntryNotFoundError, the HTTP library's errors, bad answers, and errors of hf_xet."""

_SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")
"""How the Hub's download library, which is written in Rust, spells an errno."""
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)


class HubRepository(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked for on the Hub.

    Attributes:
        instead: a sentence that begins with "Or": how to do without the Hub.
        if_missing: a sentence for the case that there is no such repository.
    """

    id: str
    kind: Literal["model", "dataset"]
    instead: str
    if_missing: str = "Check the spelling."
    revision: str | None = None

    @property
    def page(self) -> str:
        """The address of the repository's page."""
        folder = "" if self.kind == "model" else "datasets/"
        return f"{constants.ENDPOINT}/{folder}{self.id}"


def hub_error(error: BaseException, repository: HubRepository) -> UserError:
    """What an exception of huggingface_hub or datasets means to the user.

    The libraries wrap the exceptions of one another: the first in the chain of causes that says
    something definite is taken, and the text of the outermost where none does.
    """
    for cause in _chain(error):
        known = _explained(cause, repository)
        if known is not None:
            return known
    return _failure(repository, f"it can't be fetched from {constants.ENDPOINT}: {_text(error)}")


def dataset_error(error: Exception, repository: HubRepository) -> UserError:
    """What an exception of datasets means to the user.

    datasets drops the cause of its exceptions, so the Hub is asked again, by a library that tells.
    """
    try:
        HfApi().dataset_info(repository.id, timeout=constants.HF_HUB_ETAG_TIMEOUT)
    except HUB_FAILURES as cause:
        return hub_error(cause, repository)
    return hub_error(error, repository)


def damaged_download(file_name: str, repository: HubRepository) -> UserError:
    """The error for a file whose content is not the one that the Hub announced."""
    return _failure(
        repository,
        f"the download of {file_name} from {constants.ENDPOINT} is damaged: it differs from what "
        "the Hub announced",
        "The damaged file was removed. Try again; if it happens again, look for a proxy or a "
        "mirror that changes files.",
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and its causes, the outermost first."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _explained(error: BaseException, repository: HubRepository) -> UserError | None:
    """The meaning of one exception; None where it says nothing definite."""
    match error:
        case OfflineModeIsEnabled():
            return _absent(
                repository,
                f"HF_HUB_OFFLINE is set, so {constants.ENDPOINT} was not asked",
                "Unset HF_HUB_OFFLINE and try again.",
            )
        case HfHubHTTPError():
            return _refused(error, repository)
        case httpx.TimeoutException():
            return _absent(
                repository,
                f"{constants.ENDPOINT} did not answer in time",
                "Try again, or allow more seconds with HF_HUB_ETAG_TIMEOUT and "
                "HF_HUB_DOWNLOAD_TIMEOUT.",
            )
        case httpx.ConnectError() | httpx.ProxyError():
            reason = f"{constants.ENDPOINT} can't be reached ({_text(error)})"
            return _absent(repository, reason, "Connect and try again.")
        case httpx.NetworkError() | httpx.ProtocolError():
            return _failure(
                repository,
                f"the connection to {constants.ENDPOINT} was cut before everything had come",
                "Try again: files that are complete are kept.",
            )
        case FileMetadataError() | JSONDecodeError() | httpx.DecodingError():
            return _failure(
                repository,
                f"what answers at {constants.ENDPOINT} is not a Hugging Face Hub",
                "Check HF_ENDPOINT and the proxy, and whether the network wants a log-in first.",
            )
        case httpx.HTTPError():
            reason = f"{constants.ENDPOINT} can't be used ({_text(error)})"
            return _absent(repository, reason, "Check HF_ENDPOINT.")
    return _system_failure(error, repository)


def _refused(error: HfHubHTTPError, repository: HubRepository) -> UserError:
    """The meaning of an answer with an HTTP error status."""
    status, endpoint = error.response.status_code, constants.ENDPOINT
    has_token = "authorization" in error.response.request.headers
    name = f"{repository.kind} {repository.id}"
    match error:
        case GatedRepoError():
            return UserError(
                f"the {name} is gated: its licence must be accepted before it can be downloaded",
                f"Accept it at {repository.page}, then log in: hf auth login",
                status=1,
            )
        case DisabledRepoError():
            return _failure(repository, f"{endpoint} has disabled it")
        case RevisionNotFoundError():
            return UserError(
                f"the {name} has no revision '{repository.revision}' at {endpoint}",
                f"Its branches and tags are listed at {repository.page}/tree/main",
            )
        case RemoteEntryNotFoundError():
            return _failure(repository, f"{endpoint} lacks one of its files: {_text(error)}")
    if status == 401 and has_token:
        return UserError(
            f"{endpoint} refuses the access token (401) that was sent to get the {name}",
            "Check it with: hf auth whoami. A new one is set with: hf auth login, or in HF_TOKEN.",
            status=1,
        )
    if status == 401:
        return UserError(
            f"{endpoint} has no {name} for users who aren't logged in (401): it does not exist, or "
            "it is private or gated",
            f"{repository.if_missing} For a private one, log in: hf auth login",
        )
    if status == 403:
        return UserError(
            f"{endpoint} forbids access to the {name} (403)",
            "Check that the access token may read it: hf auth whoami",
            status=1,
        )
    if status == 404 or isinstance(error, RepositoryNotFoundError):
        return UserError(f"{endpoint} has no {name}", repository.if_missing)
    if status == 429:
        seconds = error.response.headers.get("retry-after", "")
        wait = f"{seconds} seconds" if seconds.isdecimal() else "a few minutes"
        return _failure(
            repository,
            f"{endpoint} takes no more requests from here for now (429)",
            f"Try again in {wait}; users who are logged in (hf auth login) may send more.",
        )
    if status >= 500:
        reason = f"{endpoint} fails with status {status}"
        return _absent(repository, reason, "The Hub has a fault: try again later.")
    return _failure(repository, f"{endpoint} answered with status {status}: {_text(error)}")


def _system_failure(error: BaseException, repository: HubRepository) -> UserError | None:
    """The meaning of an error of the disk or the system's network; None for any other."""
    number = error.errno if isinstance(error, OSError) else None
    spelled = _SYSTEM_ERROR.search(str(error))
    if spelled is not None:
        number = int(spelled[1])
    if number in _DISK_FULL:
        return _failure(
            repository,
            f"the disk is full: it does not fit in {constants.HF_HUB_CACHE}",
            "Make room (hf cache ls lists what is there), or set HF_HUB_CACHE to a directory on a "
            "larger disk.",
        )
    if number in _NOT_WRITABLE:
        return _failure(
            repository,
            f"{constants.HF_HUB_CACHE} can't be written ({os.strerror(number)})",
            "Change its permissions, or set HF_HUB_CACHE to another directory.",
        )
    if isinstance(error, TimeoutError):
        return _absent(repository, f"{constants.ENDPOINT} did not answer in time", "Try again.")
    # huggingface_hub says with a bare OSError that a file has another size than announced.
    if type(error) is OSError and number is None and "Consistency check" in str(error):
        return _failure(
            repository,
            f"a file that came from {constants.ENDPOINT} has another size than announced",
            "Try again; if it happens again, look for a proxy or a mirror that changes files.",
        )
    return None


def _absent(repository: HubRepository, reason: str, next_step: str) -> UserError:
    """The error for what is not in the cache while the Hub doesn't answer."""
    return UserError(
        f"the {repository.kind} {repository.id} is not in the Hub's cache "
        f"({constants.HF_HUB_CACHE}), and {reason}",
        f"{next_step} Set HF_ENDPOINT to use a mirror. {repository.instead}",
        status=1,
    )


def _failure(
    repository: HubRepository, reason: str, next_step: str = "Try again later."
) -> UserError:
    """The error for a download that failed."""
    return UserError(
        f"the {repository.kind} {repository.id} could not be downloaded: {reason}",
        f"{next_step} {repository.instead}",
        status=1,
    )


def _text(error: BaseException) -> str:
    """The first line that an exception says, without its number."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = [line for line in str(error).splitlines() if line.strip()]
    return re.sub(r"^\[Errno -?\d+\] ", "", lines[0]) if lines else type(error).__name__

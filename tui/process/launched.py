"""What a launcher (accelerate, torchrun, MPI) says about this process in its environment.

The process that the launcher starts reads this, and tells its engine in the request.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.records.errors import UserError
from engine.records.share import ALONE, Share

_RANK = ("RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK")
_PROCESSES = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE")
_LOCAL_RANK = ("LOCAL_RANK", "MPI_LOCALRANKID", "OMPI_COMM_WORLD_LOCAL_RANK")


def launched_share(environment: Mapping[str, str]) -> Share:
    """The share of this process; that of a process which nobody launched is the whole.

    Raises:
        UserError: the environment contradicts itself.
    """
    rank, processes = _number(environment, _RANK), _number(environment, _PROCESSES)
    if rank is None or processes is None:
        return ALONE
    if not 0 <= rank < processes:
        raise UserError(
            f"the environment says that this is process {rank} of {processes}",
            f"Unset {_RANK[0]} and {_PROCESSES[0]}, or start it with accelerate launch.",
        )
    local_rank = _number(environment, _LOCAL_RANK)
    return Share(
        rank=rank, processes=processes, local_rank=rank if local_rank is None else local_rank
    )


def _number(environment: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    texts = (environment.get(name, "") for name in names)
    return next((int(text) for text in texts if text.isdecimal()), None)

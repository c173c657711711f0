"""Try the faults of one kind in a process of its own: `python -m tests.harness.faulting KIND SHARE
SEED` writes each figure to standard output as a line of JSON."""

from __future__ import annotations

import os
import sys

# As the tests do, before anything reads them.
os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_DATASETS_OFFLINE="1",
    OMP_WAIT_POLICY="PASSIVE",
    GOMP_SPINCOUNT="2000",
    OMP_NUM_THREADS="1",
)


def main() -> None:
    """Try what is asked for."""
    import msgspec

    from tests.harness.faulting.fault import faults, tried

    kind, share, seed = sys.argv[1:]
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    # What is tried may print.
    os.dup2(2, 1)
    for fault in faults().values():
        if fault.kind == kind:
            times = max(1, round(fault.times * float(share)))
            output.write(msgspec.json.encode(tried(fault, times, int(seed))) + b"\n")


if __name__ == "__main__":
    main()

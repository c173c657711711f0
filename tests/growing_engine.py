"""An engine process that sends a large run's items at once, and then a few more again and again.

Run with the directory of a run that `tests.large_run` wrote. All of its scored items but those of
the last `MORE` batches count as scored before.
"""

from __future__ import annotations

import sys
import time
from importlib.metadata import version
from pathlib import Path

from engine.records.protocol import (
    PROTOCOL,
    EngineReady,
    Event,
    RunOpened,
    Shutdown,
    StartRun,
    decode_request,
    encode,
)
from engine.runs.reading import LOG, read_item_ids, read_manifest

RECORD = b'{"record":"scored",'
BATCH_ITEMS, BATCH_SECONDS, MORE = 8, 0.3, 200


def emit(*events: Event) -> None:
    sys.stdout.buffer.write(b"".join(map(encode, events)))
    sys.stdout.buffer.flush()


def score(directory: Path) -> None:
    """Send the items until nobody reads them."""
    count = len(read_item_ids(directory))
    done = max(count - MORE * BATCH_ITEMS, count // 2)
    manifest = read_manifest(directory)
    emit(RunOpened(directory=str(directory), manifest=manifest, items=count, done=done))
    with (directory / LOG).open("rb") as log:
        for number, line in enumerate(log, start=1):
            # An event is as a record of the log, under another name.
            sys.stdout.buffer.write(b'{"type":"ItemScored",' + line.removeprefix(RECORD))
            if number > done and number % BATCH_ITEMS == 0:
                sys.stdout.buffer.flush()
                time.sleep(BATCH_SECONDS)


def main() -> None:
    emit(EngineReady(protocol=PROTOCOL, version=version("illusion-tui")))
    for line in sys.stdin.buffer:
        match decode_request(line):
            case StartRun():
                score(Path(sys.argv[1]))
            case Shutdown():
                return


if __name__ == "__main__":
    main()

"""Rows of a benchmark on the Hub, through `datasets`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.items.benchmarks.declarations import Benchmark

PARQUET_REVISION = "refs/convert/parquet"
"""Where the Hub keeps the Parquet form of a data set that has only a loading script."""


def hub_rows(benchmark: Benchmark, configuration: str) -> Iterator[dict[str, Any]]:
    """The rows of one configuration, from the Hub or from the cache of an earlier time.

    Raises:
        UserError: the Hub can't be reached, or doesn't have it; says what to do instead.
    """
    # Importing them takes a second, and most runs read a sample or a file.
    import datasets

    from engine.hub_errors import HUB_FAILURES, HubRepository, dataset_error

    repository, split = benchmark.repository, benchmark.split
    try:
        try:
            rows = datasets.load_dataset(repository, configuration, split=split)
        except RuntimeError as error:
            if "script" not in str(error):
                raise
            rows = datasets.load_dataset(
                repository,
                revision=PARQUET_REVISION,
                data_files={split: f"{configuration}/{split}/*.parquet"},
                split=split,
            )
    except (*HUB_FAILURES, datasets.exceptions.DatasetsError) as error:
        wanted = HubRepository(
            id=repository or benchmark.name,
            kind="dataset",
            instead=f"Or give the benchmark's original file: --items {benchmark.name}:FILE",
        )
        raise dataset_error(error, wanted) from error
    yield from rows

"""Other programs' evaluations of two models on one task, read into a run."""

from engine.importing.pairs import import_runs

__all__ = ["import_runs"]

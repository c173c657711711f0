"""The parts of the harness, one a module."""

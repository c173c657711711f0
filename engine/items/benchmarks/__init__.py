"""Benchmarks: one declaration each, read from the Hub or from their original files."""

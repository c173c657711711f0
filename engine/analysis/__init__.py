"""Pairs of scores as a table; filters, statistics, slices and summaries of it."""

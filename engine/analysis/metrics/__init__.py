"""Metrics of a pair; a module a subject, and entry points of other packages."""

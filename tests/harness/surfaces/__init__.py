"""Surfaces by their subject: each module has some in `SURFACES`."""

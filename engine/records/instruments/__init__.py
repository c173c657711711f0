"""Instruments that look inside a model, one module for each kind with what it finds."""

"""Instruments that look into a compressed model: where answers are lost, and what it depends on."""

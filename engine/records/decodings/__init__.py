"""Decodings that may bring an answer back, one module for each kind."""

"""The arithmetic that several methods share, in torch."""

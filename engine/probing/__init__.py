"""Looking inside a model: one module for each instrument."""

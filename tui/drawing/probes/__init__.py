"""What instruments found, as lines: one module for each instrument."""

"""Re-decoding an item, one module for each kind of decoding."""

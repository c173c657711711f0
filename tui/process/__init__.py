"""The engine as a subprocess: requests out, events in."""

"""Ways out by their subject: each module has some in `OUTLETS`."""

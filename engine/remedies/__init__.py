"""What brings answers back at the same cost: chosen on one half, proven on the other."""

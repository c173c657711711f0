"""What can be done to a model's weights: one module per method, without torch until it computes."""

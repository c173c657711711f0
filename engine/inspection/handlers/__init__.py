"""What serves each kind of request, one module a kind."""

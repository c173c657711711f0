"""Sample items, and the script that generates them."""

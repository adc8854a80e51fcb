"""One test, start to end."""

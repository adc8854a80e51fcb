"""What rewritten source calls."""

"""Steps that were meant to be one: the patterns, and what shows that they were."""

"""What a forked process has inherited, and what goes wrong with it."""

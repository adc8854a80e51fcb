"""What an execution says of locks: who held which, and in which order they were taken."""

"""The process cell: workers in turn, with preemptions, at once."""

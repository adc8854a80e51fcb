"""What blocks in C: locks, simple queues, and the locks of ``multiprocessing``."""

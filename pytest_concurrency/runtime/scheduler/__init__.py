"""One execution: who runs, who waits, what time it is."""

"""One execution under a strategy, judged, and what is learnt from it."""

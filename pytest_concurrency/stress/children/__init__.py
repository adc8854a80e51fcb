"""Forked children, and that nothing of them stays."""

"""Accesses that nothing orders, and what that means in Python."""

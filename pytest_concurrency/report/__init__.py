"""Hazards and verdicts, told to people and to machines."""

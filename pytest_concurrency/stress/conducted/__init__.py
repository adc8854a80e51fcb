"""Searching the schedules of processes: at each touch of the outside it is decided who goes on."""

"""Searching the schedules of one workload."""

"""Schedules that are given: an order of threads, or a list of deviations from one."""

"""The ways of running a test."""

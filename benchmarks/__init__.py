"""Benchmarks: ``python -m benchmarks [--quick] [NAME ...]``. See README.md."""

"""``pytest-concurrency cost`` and ``pytest-concurrency merge``; also ``python -m ...``."""

from __future__ import annotations

import argparse
import sys


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says, and return the exit status."""
    # Not above: each spawned process runs this module once more, which is part of what is measured.
    from pytest_concurrency.costs import program as cost
    from pytest_concurrency.merging import program as merge

    parser = argparse.ArgumentParser(prog="pytest-concurrency")
    commands = parser.add_subparsers(dest="command", required=True)
    told = "measure what threads, processes and messages cost on this machine"
    cost.add_arguments(commands.add_parser("cost", help=told))
    told = "make one report of the JSON reports of several shards"
    merge.add_arguments(commands.add_parser("merge", help=told))
    options = parser.parse_args(arguments)
    return cost.run(options) if options.command == "cost" else merge.run(options)


if __name__ == "__main__":
    sys.exit(main())

"""``python -m pytest_concurrency cost``: what threads, processes and messages cost here."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> int:
    """Measure, and print."""
    # Not above: each spawned process runs this module once more, which is part of what is measured.
    from pytest_concurrency.costs.program import run

    return run(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())

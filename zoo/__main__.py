"""Prints the table of ``docs/case-studies.md``: what was found of each package, and how soon."""

from __future__ import annotations

from animals import ANIMALS
from stressing import hazard_of, stress, version


def main() -> None:
    """Print a line for each package as soon as it is done."""
    print("| package | found | location | in schedule | seconds | processes |")
    print("|---|---|---|---|---|---|")
    for animal in ANIMALS:
        report, _printed = stress(animal)
        hazard = hazard_of(animal, report)
        if hazard is None:
            print(f"| {animal.package} | nothing |")
            continue
        cell = report["cells"][hazard["cell"]]
        row = (
            f"{animal.package} {version(animal)}",
            f"`{animal.kind}`",
            f"`{hazard['location']}`",
            f"{hazard['schedule_index']} of {cell['schedules']}",
            f"{cell['seconds']:.1f}",
            f"`{report['isolation']['verdict']}`",
        )
        print("|", " | ".join(row), "|", flush=True)


if __name__ == "__main__":
    main()

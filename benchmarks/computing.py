"""Programs that only compute: one with calls and lists, one with attributes and items."""

from __future__ import annotations

from collections.abc import Callable

_SIZE = 7
_ROUNDS = 700


def queens(_: object) -> int:
    """Count the ways to place queens on a board so that none attacks another."""
    return _place([], _SIZE)


def _place(columns: list[int], size: int) -> int:
    if len(columns) == size:
        return 1
    return sum(
        _place([*columns, column], size) for column in range(size) if _is_free(columns, column)
    )


def _is_free(columns: list[int], column: int) -> bool:
    row = len(columns)
    for other, taken in enumerate(columns):
        if taken == column or abs(taken - column) == row - other:
            return False
    return True


class Machine:
    """A machine with registers that adds up the numbers below ``limit``."""

    def __init__(self, limit: int) -> None:
        self.registers = {"sum": 0, "number": 0, "limit": limit}
        self.program = [
            ("add", "sum", "number"),
            ("up", "number", ""),
            ("again", "number", "limit"),
        ]
        self.at = 0

    def run(self) -> int:
        """Run the program to its end, and return what it has computed."""
        while self.at < len(self.program):
            operation, target, other = self.program[self.at]
            self.at += 1
            self.step(operation, target, other)
        return self.registers["sum"]

    def step(self, operation: str, target: str, other: str) -> None:
        """Execute one instruction."""
        registers = self.registers
        if operation == "add":
            registers[target] += registers[other]
        elif operation == "up":
            registers[target] += 1
        elif registers[target] < registers[other]:
            self.at = 0


def machine(_: object) -> int:
    """Interpret a small program."""
    return Machine(_ROUNDS).run()


PROGRAMS: dict[str, Callable[[object], object]] = {"7 queens": queens, "interpreter": machine}

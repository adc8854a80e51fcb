"""What an access goes to: a resource, and which part of it."""

from __future__ import annotations

from typing import Any, Final


class _Whole:
    """The one thing of its class, also where an execution comes back from a process of its own."""

    __slots__ = ()

    def __reduce__(self) -> str:
        return "WHOLE"


WHOLE: Final = _Whole()
"""The part of an access to a container as a whole: it overlaps with every part of that one."""


class Outside(str):
    """A resource outside memory: by what things of its kind are called. The part is a number that
    stands for a name in the outside world.
    """

    __slots__ = ()


FILE: Final = Outside("file")
OUTSIDE: Final = [FILE]
"""All such kinds: files, and what other packages know."""


ROW: Final = "row"
TABLE: Final = "table"
"""What is said of a database: it is a file, too."""


def is_outside(location: str) -> bool:
    """Whether a location, as it is told, is outside memory: ``file data.txt``."""
    return location.startswith(tuple(f"{kind} " for kind in (*OUTSIDE, ROW, TABLE)))


THREAD: Final = "thread"
"""The resource of a thread, whose index is the part."""

Resource = int | str
"""The serial number of an object within its execution (of a lock that only the standard library
uses, one below 0); a name for what is no object."""
Location = tuple[Resource, Any]
"""A resource, and which part of it: an attribute's name, a key, ``WHOLE``."""


def overlap(one: Location, other: Location) -> bool:
    """Whether what is done at one location may be seen at the other one."""
    (resource, part), (other_resource, other_part) = one, other
    if resource != other_resource:
        return False
    return part is WHOLE or other_part is WHOLE or bool(part == other_part)

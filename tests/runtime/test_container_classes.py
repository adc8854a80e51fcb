"""Classes of the program that are containers: what is done to their items, and to their attributes,
is seen where it is done, and apart.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from watching import keys, touches

OWN = """
    from collections import OrderedDict
    class Own(OrderedDict):
        limit = 2
        def __init__(self):
            super().__init__(a=1)
            self.calls = 0
        def __getitem__(self, key):
            return super().__getitem__(key)
    class Keeping(Own):
        def __delitem__(self, key):
            pass
    own, keeping = Own(), Keeping()
    def main():
"""


def touched(folder: Path, *lines: str) -> list[tuple[object, ...]]:
    """Return what lines touch in their own place, not in methods that they call."""
    source = OWN + "".join(f"        {line}  # here\n" for line in lines)
    return keys(touches(folder, source), "here")


@pytest.mark.parametrize(
    "line",
    [
        "len(own)",
        "next(iter(own))",
        "list(own)",
        "[key for key in own]",
        '"a" in own',
        'own["b"] = 1',
        'del own["a"]',
        'own.pop("a")',
    ],
)
def test_what_a_class_leaves_to_the_container_is_seen_where_it_is_done(
    tmp_path: Path, line: str
) -> None:
    assert touched(tmp_path, line)


@pytest.mark.parametrize("line", ['own["a"]', 'del keeping["a"]'])
def test_what_a_method_of_its_own_does_is_seen_inside(tmp_path: Path, line: str) -> None:
    assert not touched(tmp_path, line)


@pytest.mark.parametrize("line", ["own.calls", "own.calls = 2", "own.calls += 1", "own.limit"])
def test_attributes_are_beside_the_items(tmp_path: Path, line: str) -> None:
    items, *attribute = touched(tmp_path, "own.clear()", line)
    assert attribute
    assert items[0] not in [resource for resource, _ in attribute]


def test_an_attribute_is_one_location_however_it_is_reached(tmp_path: Path) -> None:
    found = touched(tmp_path, "own.calls", 'getattr(own, "calls")', 'vars(own)["calls"]')
    assert len(set(found)) == 1

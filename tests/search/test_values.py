"""What is shown of values and locations is taken without running code of the program."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_concurrency import explore
from pytest_concurrency.detect.values import file_name, show
from pytest_concurrency.runtime.effects import keys

CALLED: list[str] = []


def noting(name: str):
    def method(self, *_):
        CALLED.append(name)
        raise AssertionError(f"{name} was called")

    return method


SPECIAL = "__eq__ __hash__ __len__ __repr__ __str__ __bool__ __iter__ __contains__ __getitem__ get"
SPECIAL += " keys items values __getattr__"


def touchy(name: str, *bases: type) -> type:
    """Make a class that may not be asked for anything."""
    methods = {special: noting(special) for special in SPECIAL.split()}
    asked = property(noting("__class__"))
    return type(name, bases, {**methods, "__class__": asked})


@pytest.mark.parametrize("base", [object, dict, list, set])
def test_nobody_is_called(base: type):
    cache = touchy("Cache", base)

    class Held(cache):
        def __init__(self):
            self.hits = 0
            self.other = cache()

        def hit(self):
            self.hits += 1
            self.other = self.other

    CALLED.clear()
    (hazard,) = explore(Held, [Held.hit, Held.hit], schedules=100).hazards
    assert not CALLED
    assert hazard.kind == "lost-update"
    assert hazard.location == "Held.hits"
    assert hazard.timeline


def test_keys_that_say_what_they_equal():
    class Key:
        def __hash__(self):
            return hash("value")

        def __eq__(self, other):
            CALLED.append("__eq__")
            return self is other

    table = {Key(): 1, "value": 2}
    CALLED.clear()
    assert keys.item_of(table, "value") == 2
    assert keys.item_of(table, "other", 3) == 3
    assert not CALLED


class Meta(type):
    def __eq__(cls, other):
        CALLED.append("Meta.__eq__")
        return cls is other

    __hash__ = type.__hash__

    @property
    def __name__(cls):
        CALLED.append("Meta.__name__")
        return "Wrong"


class Named(metaclass=Meta):
    total = 0


def test_the_metaclass_is_not_asked():
    CALLED.clear()
    assert show(Named()) == "<Named>"
    assert show([Named()]) == "<list of 1>"
    assert not CALLED


def test_long_integers():
    digits = show(10**5000 + 1)
    assert "bits" in digits
    assert len(digits) < 50
    assert digits != show(10**5000 + 2)
    assert show([10**5000]) == f"[{show(10**5000)}]"
    assert show(12345) == "12345"


def test_a_lost_update_of_a_long_integer():
    def add(counter):
        seen = counter.value
        counter.value = seen + 1

    (hazard,) = explore(lambda: SimpleNamespace(value=10**5000), [add, add]).hazards
    assert hazard.kind == "lost-update"
    assert "bits" in hazard.message


def test_the_last_item_of_a_list_that_is_empty_by_now():
    def take(stack):
        if stack and stack[-1]:
            del stack[-1]

    (hazard,) = explore(lambda: ["last"], [take, take], seconds=10).hazards
    assert hazard.kind != "timeout"
    assert hazard.location.startswith("stack")


def test_the_number_of_a_temporary_folder_is_no_part_of_its_name():
    base = Path("/tmp/pytest-of-me/pytest-7")
    assert file_name(base / "test_it12") == "test_it"
    assert file_name(base / "test_it12" / "part2") == "part2"
    assert file_name(Path("/home/me/part2")) == "part2"

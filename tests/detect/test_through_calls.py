"""Values that go from one function to another: returned to, or passed by, the very call."""

from __future__ import annotations

import functools
import threading

import pytest

from pytest_concurrency import explore


def synchronized(method):
    @functools.wraps(method)
    def wrapper(self, *rest, **named):
        with self.lock:
            return method(self, *rest, **named)

    return wrapper


class Box:
    def __init__(self):
        self.v, self.w, self.items = 0, 0, {"k": 0}
        self.__hidden = 0
        self.lock = threading.RLock()

    def get(self):
        return self.v

    def set(self, v):
        self.v = v

    @synchronized
    def get_locked(self):
        return self.v

    @synchronized
    def set_locked(self, value):
        self.v = value

    @property
    def p(self):
        return self.v

    @p.setter
    def p(self, v):
        self.v = v

    def values(self):
        yield self.v

    def both(self):
        return self.v, self.w

    def get_further(self):
        return self.get()

    def set_further(self, x):
        self.set(v=x)

    def look_up(self, key):
        return self.items.get(key)

    def get_hidden(self):
        return self.__hidden

    def set_hidden(self, hidden):
        self.__hidden = hidden

    def set_named(self, **named):
        self.v = named["v"]

    def set_first(self, *values):
        self.v = values[0]

    def __getitem__(self, key):
        return self.items[key]

    def __setitem__(self, key, value):
        self.items[key] = value


def load(box):
    return box.v


def store(box, v):
    box.v = v


def copy(source, target):
    target.set(source.get())


def get_and_set(box):
    box.set(box.get() + 1)


def each_under_a_lock(box):
    box.set_locked(box.get_locked() + 1)


def by_property(box):
    box.p = box.p + 1


def by_augmented_property(box):
    box.p += 1


def by_names_and_further_calls(box):
    v = box.get_further()
    v = v + 1
    box.set_further(v)


def by_generator(box):
    for v in box.values():
        box.set(v + 1)


def by_next(box):
    v = next(box.values())
    box.set(v + 1)


def returned(box):
    box.v = box.get() + 1


def passed(box):
    box.set(box.v + 1)


def by_tuple(box):
    v, _ = box.both()
    box.set(v + 1)


def by_item(box):
    box["k"] += 1


def by_method_of_container(box):
    box["k"] = box.look_up("k") + 1


def by_setattr(box):
    setattr(box, "v", box.get() + 1)  # noqa: B010


def by_unpacked_generator(box):
    (v,) = box.values()
    box.set(v + 1)


def by_private_name(box):
    box.set_hidden(box.get_hidden() + 1)


def by_keywords(box):
    box.set_named(v=box.get() + 1)


def by_keyword_among_others(box):
    box.set_named(w=1, v=box.get() + 1)


def by_arguments(box):
    box.set_first(*(box.get() + 1, 7))


def by_expanded_argument(box):
    box.set(*[box.get() + 1])


def by_expanded_keyword(box):
    named = {"v": box.get() + 1}
    box.set(**named)


def by_helpers(box):
    store(box, load(box) + 1)


def under_one_lock(box):
    with box.lock:
        box.set(box.get() + 1)


def another_value(box):
    box.get()
    box.set(5)


def another_read(box):
    box.get()
    with box.lock:
        box.set(box.get() + 1)


def another_call(box):
    other = Box()
    with box.lock:
        copy(box, other)
    with box.lock:
        copy(Box(), box)


def looked_again(box):
    v = box.get()
    with box.lock:
        if box.get() == v:
            box.set(v + 1)


def other_keywords(box):
    box.get()
    box.set_named(v=5)


def same_value(box):
    box.set(max(box.get(), 3))


def step(box, reads):
    v = 9
    if reads:
        v = box.get()
        if v == 0:
            return
    box.set(v)


def another_activation(box):
    for reads in (True, False):
        step(box, reads)


RACY = [
    get_and_set,
    each_under_a_lock,
    by_property,
    by_augmented_property,
    by_names_and_further_calls,
    by_generator,
    by_next,
    returned,
    passed,
    by_tuple,
    by_item,
    by_method_of_container,
    by_setattr,
    by_unpacked_generator,
    by_private_name,
    by_keywords,
    by_keyword_among_others,
    by_arguments,
    by_expanded_argument,
    by_expanded_keyword,
    by_helpers,
]
RIGHT = [
    under_one_lock,
    another_value,
    another_read,
    another_call,
    looked_again,
    other_keywords,
    same_value,
    another_activation,
]


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("worker", RACY)
def test_lost(worker, threads):
    (hazard,) = explore(Box, [worker] * threads, schedules=300).hazards
    assert hazard.kind == "lost-update"
    assert not hazard.note


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("worker", RIGHT)
def test_nothing_lost(worker, threads):
    assert not explore(Box, [worker] * threads, schedules=300).hazards


def test_private_names_are_told_as_they_are_written():
    (hazard,) = explore(Box, [by_private_name] * 2, schedules=300).hazards
    assert hazard.location == "Box.__hidden"
    assert "_Box" not in hazard.message

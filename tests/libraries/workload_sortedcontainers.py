"""Sorted lists, dicts and sets over many small loads, with views, bounds and errors."""

from __future__ import annotations

import pickle
from operator import neg

from observed import Notes
from sortedcontainers import SortedDict, SortedKeyList, SortedList, SortedSet

PACKAGES = ["sortedcontainers"]


def _lists(note, made):
    made._reset(4)
    note(made.update, [(value * 37) % 61 for value in range(40)])
    made._check()
    for value in (5, 5, 99, -3, 30):
        note(made.add, value)
    note(lambda: made)
    note(made.remove, 5)
    note(made.remove, 1000)
    note(made.discard, 1000)
    for index in (0, -1, 7, 20, 400):
        note(made.__getitem__, index)
        note(made.pop, index)
    note(lambda: (made[3:9], made[::-5], made[30:2:-7], list(reversed(made))))
    note(made.__delitem__, slice(2, 6))
    note(made.__delitem__, slice(None, None, 3))
    note(made.__setitem__, 0, 3)
    note(lambda: [made.bisect_left(value) for value in range(0, 60, 7)])
    note(lambda: [made.bisect_right(value) for value in range(0, 60, 7)])
    note(lambda: list(made.irange(10, 40, (False, True), reverse=True)))
    note(lambda: list(made.islice(3, 10, reverse=True)))
    note(made.index, 12)
    note(made.index, 30, 3, 5)
    note(made.count, 30)
    note(lambda: (made.__add__([1, 2]), made * 2, 99 in made, len(made)))
    note(lambda: (made < [3], made == made.copy(), made != [1]))
    note(made.append, 3)
    note(made.insert, 0, 3)
    note(made.add, "text")
    note(lambda: pickle.loads(pickle.dumps(made)))
    made += [17, 18]
    made *= 2
    note(lambda: made)
    note(made.clear)
    note(made.pop)


def _dicts(note):
    table = SortedDict(neg, {value: str(value) for value in range(12)})
    note(lambda: table)
    for key in (3, 77):
        note(table.__getitem__, key)
        note(table.pop, key)
        note(table.setdefault, key, "set")
        note(table.__delitem__, key)
        note(table.peekitem, key)
    note(table.popitem, 0)
    keys, items, values = table.keys(), table.items(), table.values()
    note(lambda: (keys, items, values))
    note(lambda: (keys[1:3], items[-1], values[2], keys & {1, 2}, keys - {4}, keys.index(2)))
    note(keys.__delitem__, 0)
    note(items.index, (8, "8"))
    note(values.count, "8")
    note(lambda: list(table.irange(9, 2)))
    note(table.update, [(1, "one")], two=2)
    note(lambda: table | {5: "five"})
    note(SortedDict.fromkeys, "hello", 1)
    note(lambda: {"a": 1} | SortedDict(b=2))
    note(table.bisect_left, 5)
    note(lambda: pickle.loads(pickle.dumps(SortedDict(b=1, a=2))))
    note(lambda: SortedDict(1, 2, 3))


def _sets(note):
    one, two = SortedSet(range(0, 20, 2)), SortedSet(range(0, 20, 3), key=neg)
    note(lambda: (one | two, one & two, one - two, one ^ two, two | one))
    note(lambda: (one < two, one.isdisjoint([1]), one.issuperset([2]), one == set(one)))
    note(lambda: one.union([1], (99,)).symmetric_difference([4]))
    note(one.difference_update, [4, 6], [8])
    note(two.intersection_update, range(10))
    note(one.symmetric_difference_update, [3])
    note(lambda: (one, two, one[1:3], two[0], two.index(3), two.count(9)))
    note(one.remove, 555)
    note(one.discard, 3)
    note(one.pop)
    note(one.__delitem__, slice(0, 2))
    note(one.add, "text")
    note(hash, one)
    note(lambda: one.irange(2, 9))
    note(lambda: pickle.loads(pickle.dumps(two)))


def workload() -> list[object]:
    note = Notes()
    _lists(note, SortedList([3, 1, 2]))
    _lists(note, SortedKeyList([3, 1, 2], key=neg))
    keyed = note(SortedList, ["b", "A", "c"], key=str.lower)
    note(lambda: (keyed, type(keyed), keyed.key, keyed.bisect_key("b"), keyed.index("A")))
    note(lambda: list(keyed.irange_key("a", "b")))
    _dicts(note)
    _sets(note)
    return note.taken

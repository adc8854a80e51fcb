"""Generators, lazy lists, peekable and seekable iterators, combinatorics."""

from __future__ import annotations

import more_itertools as mi
from observed import Notes

PACKAGES = ["more_itertools"]


def _lazy(note):
    peek = mi.peekable(iter(range(6)))
    note(lambda: (peek.peek(), next(peek), peek[0:3], peek[-1], bool(peek)))
    note(peek.prepend, 10, 11)
    note(lambda: list(peek))
    note(peek.peek)
    note(peek.peek, "default")
    seek = mi.seekable(str(number) for number in range(6))
    note(lambda: (next(seek), next(seek), seek.peek(), seek.elements()))
    note(seek.seek, 4)
    note(lambda: (list(seek), seek.relative_seek(-2), list(seek)))
    bucket = mi.bucket(["a1", "b1", "c1", "a2", "b2"], key=lambda text: text[0])
    note(lambda: (sorted(bucket), list(bucket["a"]), list(bucket["z"]), "b" in bucket))
    spy, rest = mi.spy(range(5), 2)
    note(lambda: (spy, list(rest)))
    count = mi.countable(range(3))
    note(lambda: (list(count), count.items_seen))
    run = mi.islice_extended(range(20))[-8:-1:3]
    note(lambda: list(run))
    view = mi.SequenceView([1, 2, 3])
    note(lambda: (view, view[1:], 3 in view, len(view)))
    with mi.callback_iter(lambda callback: [callback(x) for x in (1, 2)]) as values:
        note(lambda: list(values))
    note(lambda: mi.numeric_range(0, 5, 0.5)[2:6])
    note(lambda: (3 in mi.numeric_range(9), mi.numeric_range(4).index(3), mi.numeric_range(3)[7]))
    note(lambda: mi.numeric_range(1, 2, 3, 4))


def _shapes(note):
    text, numbers = "ABCDEFGH", [1, 2, 4, 5, 7, 9, 10, 11]
    cases = [
        lambda: list(mi.chunked(text, 3)),
        lambda: list(mi.chunked(text, 3, strict=True)),
        lambda: [list(part) for part in mi.ichunked(text, 3)],
        lambda: list(mi.sliced(text, 3, strict=True)),
        lambda: list(mi.windowed(text, 3, step=2, fillvalue="-")),
        lambda: list(mi.windowed(text, -1)),
        lambda: list(mi.stagger(text, offsets=(-1, 0, 2), longest=True)),
        lambda: [list(group) for group in mi.consecutive_groups(numbers)],
        lambda: list(mi.split_at(text, lambda c: c in "CF", keep_separator=True, maxsplit=1)),
        lambda: list(mi.split_before(text, str.isupper)),
        lambda: list(mi.split_when(numbers, lambda a, b: b - a > 1)),
        lambda: list(mi.split_into(text, [1, 3, None])),
        lambda: [list(part) for part in mi.divide(3, text)],
        lambda: list(mi.distribute(3, text)),
        lambda: list(mi.collapse([1, [2, (3, {4}), "ab"]], base_type=tuple, levels=1)),
        lambda: list(mi.interleave_longest("ABC", "12", "x")),
        lambda: list(mi.interleave_evenly(["ABCD", "12"])),
        lambda: list(mi.intersperse("-", "ABCDE", n=2)),
        lambda: list(mi.zip_broadcast("ABC", "AB", 3, strict=True)),
        lambda: list(mi.zip_offset("ABC", "xyz", offsets=(0, 1))),
        lambda: mi.one([1, 2]),
        lambda: mi.one([]),
        lambda: mi.only([1, 2], too_long=KeyError),
        lambda: mi.first([]),
        lambda: mi.nth_or_last([1, 2], 9),
        lambda: mi.strictly_n("abc", 2),
        lambda: list(mi.strictly_n("abc", 5, too_short=lambda n: None)),
        lambda: mi.map_reduce(numbers, lambda n: n % 2, lambda n: n * 2, sum),
        lambda: list(mi.set_partitions("abcd", 2)),
        lambda: sorted(mi.distinct_permutations([1, 1, 2], r=2)),
        lambda: mi.nth_permutation("abcde", 3, 25),
        lambda: mi.combination_index("afg", "abcdefg"),
        lambda: list(mi.partitions("abc")),
        lambda: list(mi.substrings("abc")),
        lambda: list(mi.locate(numbers, lambda n: n % 2 == 0)),
        lambda: list(mi.rlocate(text, lambda *w: w == ("D", "E"), window_size=2)),
        lambda: list(mi.replace(numbers, lambda a, b: a + 1 == b, ["!"], window_size=2)),
        lambda: list(mi.run_length.decode(mi.run_length.encode("aaabbc"))),
        lambda: list(mi.adjacent(lambda n: n == 5, numbers)),
        lambda: [(key, list(group)) for key, group in mi.groupby_transform("aAbB", str.lower)],
        lambda: mi.sort_together([(4, 3, 2), "abc"], reverse=True),
        lambda: mi.make_decorator(mi.chunked, 1)(2)(lambda: list(range(5)))(),
        lambda: list(mi.side_effect(lambda n: 1 / (n - 4), numbers)),
        lambda: list(mi.rstrip(numbers, lambda n: n > 5)),
        lambda: list(mi.difference(mi.numeric_range(3, 9))),
        lambda: list(mi.filter_except(int, ["1", "x", "2"], ValueError)),
        lambda: list(mi.map_except(int, ["1", None], ValueError)),
        lambda: list(mi.unique_to_each("abc", "bcd")),
        lambda: mi.minmax([3, 1, 2], key=lambda n: -n),
        lambda: mi.minmax([]),
        lambda: list(mi.constrained_batches(["a", "bbb", "cc"], 3)),
        lambda: list(mi.gray_product("ab", "cd")),
        lambda: list(mi.powerset_of_sets([1, 2])),
        lambda: list(mi.always_reversible(iter("abc"))),
        lambda: list(mi.longest_common_prefix(["abc", "abd"])),
        lambda: mi.all_equal("AaA", key=str.lower),
        lambda: list(mi.sieve(30)),
        lambda: mi.polynomial_from_roots([5, -4, 3]),
        lambda: list(mi.random_permutation([])),
        lambda: list(mi.iter_except([3, 2, 1].pop, IndexError)),
        lambda: list(mi.before_and_after(str.isupper, "ABcD")[1]),
        lambda: mi.time_limited(0, "abc"),
    ]
    for case in cases:
        note(case)


def workload() -> list[object]:
    note = Notes()
    _lazy(note)
    _shapes(note)
    return note.taken

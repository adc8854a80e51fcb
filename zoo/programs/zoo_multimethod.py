"""What a call finds for its types is kept in the very dictionary that the next one looks through.

Reported: https://github.com/coady/multimethod/issues/73
"""

import pytest
from multimethod import multimethod


class Square(int):
    pass


class Name(str):
    pass


@pytest.fixture
def describe():
    @multimethod
    def describe(thing: int):
        return "a number"

    @describe.register
    def _(thing: str):
        return "a text"

    return describe


@pytest.mark.threadsafe
def test_two_new_types(describe, concurrency):
    concurrency.run([lambda: describe(Square(3)), lambda: describe(Name("tea"))])

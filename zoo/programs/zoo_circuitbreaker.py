"""Failures are counted by ``+= 1``, without a lock.

Reported: https://github.com/fabfuel/circuitbreaker/issues/61
"""

import circuitbreaker
import pytest


@pytest.fixture
def order():
    @circuitbreaker.circuit
    def order():
        raise OSError("no route")

    return order


@pytest.mark.threadsafe
def test_nobody_answers(order):
    with pytest.raises(OSError):
        order()

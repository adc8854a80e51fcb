"""Calls hold the breaker's lock, but ``state`` looks at the storage and corrects the breaker
without it: whoever asks while the circuit opens closes the breaker again.

Compare https://github.com/danielfm/pybreaker/issues/3, where the lock is all there is.
"""

import pybreaker
import pytest


@pytest.fixture
def breaker():
    return pybreaker.CircuitBreaker(fail_max=1, reset_timeout=60)


def no_route():
    raise OSError("no route")


@pytest.mark.threadsafe
def test_somebody_asks_while_a_call_fails(breaker, concurrency):
    def call():
        with pytest.raises(pybreaker.CircuitBreakerError):
            breaker.call(no_route)

    concurrency.run([call, lambda: breaker.state.name])

"""The singletons of an injector are made under a lock; what is found out about them is not.

Reported: https://github.com/python-injector/injector/pull/215
"""

import injector
import pytest


class Database:
    pass


@injector.singleton
class Store:
    @injector.inject
    def __init__(self, database: Database):
        self.database = database


@pytest.fixture
def container():
    return injector.Injector()


@pytest.mark.threadsafe
def test_everybody_gets_the_store(container, concurrency):
    concurrency.run(lambda: container.get(Store))

"""A round robin looks at the first of a deque and rotates it then: one server gets both calls."""

from collections import deque

EXPECT = {"test-failure"}
MAX_SCHEDULES = 100


class Balancer:
    def __init__(self) -> None:
        self.servers = deque(["one", "two"])
        self.calls: list[str] = []

    def call(self) -> None:
        server = self.servers[0]
        self.servers.rotate(-1)
        self.calls.append(server)


def setup() -> Balancer:
    return Balancer()


WORKERS = [Balancer.call, Balancer.call]


def check(balancer: Balancer) -> bool:
    return sorted(balancer.calls) == ["one", "two"]

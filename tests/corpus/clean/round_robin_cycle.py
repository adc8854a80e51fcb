"""A round robin by itertools.cycle: next() is one step in C."""

from itertools import cycle


class Balancer:
    def __init__(self) -> None:
        self.servers = cycle(["one", "two"])
        self.calls: list[str] = []

    def call(self) -> None:
        self.calls.append(next(self.servers))


def setup() -> Balancer:
    return Balancer()


WORKERS = [Balancer.call, Balancer.call]


def check(balancer: Balancer) -> bool:
    return sorted(balancer.calls) == ["one", "two"]

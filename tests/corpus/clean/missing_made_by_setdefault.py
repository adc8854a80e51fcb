"""``__missing__`` makes the list that is not there, and keeps the one that came first."""


class Groups(dict[str, list[int]]):
    def __missing__(self, key: str) -> list[int]:
        return self.setdefault(key, [])


setup = Groups


def add_one(groups: Groups) -> None:
    groups["a"].append(1)


def add_two(groups: Groups) -> None:
    groups["a"].append(2)


WORKERS = [add_one, add_two]


def check(groups: Groups) -> bool:
    return sorted(groups["a"]) == [1, 2]

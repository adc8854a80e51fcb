"""``if key not in groups: groups[key] = []``: both find it missing, the second list wins."""

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Groups:
    def __init__(self) -> None:
        self.groups: dict[str, list[int]] = {}

    def add(self, key: str, value: int) -> None:
        if key not in self.groups:
            self.groups[key] = []
        self.groups[key].append(value)


def setup() -> Groups:
    return Groups()


def add_one(groups: Groups) -> None:
    groups.add("odd", 1)


def add_three(groups: Groups) -> None:
    groups.add("odd", 3)


WORKERS = [add_one, add_three]


def check(groups: Groups) -> bool:
    return sorted(groups.groups["odd"]) == [1, 3]

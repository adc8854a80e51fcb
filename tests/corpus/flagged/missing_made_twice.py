"""``__missing__`` makes the list that is not there: two make one each, and one is lost."""

EXPECT = {"nonserializable-outcome"}
MAX_SCHEDULES = 100


class Groups(dict[str, list[int]]):
    def __missing__(self, key: str) -> list[int]:
        made = self[key] = []
        return made


setup = Groups


def add_one(groups: Groups) -> None:
    groups["a"].append(1)


def add_two(groups: Groups) -> None:
    groups["a"].append(2)


WORKERS = [add_one, add_two]

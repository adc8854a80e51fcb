"""What is missing is noticed by an exception, and made: by both. Nobody checks."""

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Groups:
    def __init__(self) -> None:
        self.members: dict[str, list[str]] = {}

    def add(self, group: str, who: str) -> None:
        try:
            members = self.members[group]
        except KeyError:
            members = self.members[group] = []
        members.append(who)


setup = Groups


def ann(groups: Groups) -> None:
    groups.add("blue", "ann")


def bob(groups: Groups) -> None:
    groups.add("blue", "bob")


WORKERS = [ann, bob]

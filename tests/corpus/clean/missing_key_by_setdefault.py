"""What is missing is made by ``setdefault``: whoever comes second gets the same list."""


class Groups:
    def __init__(self) -> None:
        self.members: dict[str, list[str]] = {}

    def add(self, group: str, who: str) -> None:
        try:
            members = self.members[group]
        except KeyError:
            members = self.members.setdefault(group, [])
        members.append(who)


setup = Groups


def ann(groups: Groups) -> None:
    groups.add("blue", "ann")


def bob(groups: Groups) -> None:
    groups.add("blue", "bob")


WORKERS = [ann, bob]

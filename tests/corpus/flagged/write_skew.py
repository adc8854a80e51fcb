"""One doctor must stay on call. Each looks at the other before leaving;
they write different places.
"""

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Ward:
    def __init__(self) -> None:
        self.anna_on_call = True
        self.ben_on_call = True


def setup() -> Ward:
    return Ward()


def anna_leaves(ward: Ward) -> None:
    if ward.ben_on_call:
        ward.anna_on_call = False


def ben_leaves(ward: Ward) -> None:
    if ward.anna_on_call:
        ward.ben_on_call = False


WORKERS = [anna_leaves, ben_leaves]


def check(ward: Ward) -> bool:
    return ward.anna_on_call or ward.ben_on_call

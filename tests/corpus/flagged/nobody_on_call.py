"""Each doctor leaves if somebody else is on call: both look before either has left."""

EXPECT = {"atomicity-violation", "nonserializable-outcome"}
MAX_SCHEDULES = 100


class Rota:
    def __init__(self) -> None:
        self.on_call = {"anna": True, "ben": True}

    def leave(self, who: str) -> None:
        if sum(self.on_call.values()) > 1:
            self.on_call[who] = False


def setup() -> Rota:
    return Rota()


def anna_leaves(rota: Rota) -> None:
    rota.leave("anna")


def ben_leaves(rota: Rota) -> None:
    rota.leave("ben")


WORKERS = [anna_leaves, ben_leaves]

"""Each doctor leaves if somebody else is on call, and looks and leaves under one lock."""

import threading


class Rota:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.on_call = {"anna": True, "ben": True}

    def leave(self, who: str) -> None:
        with self.lock:
            if sum(self.on_call.values()) > 1:
                self.on_call[who] = False


def setup() -> Rota:
    return Rota()


def anna_leaves(rota: Rota) -> None:
    rota.leave("anna")


def ben_leaves(rota: Rota) -> None:
    rota.leave("ben")


WORKERS = [anna_leaves, ben_leaves]

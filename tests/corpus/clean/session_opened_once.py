"""Two threads ask for one session: setdefault() enters one, and both get that."""


class Session:
    def __init__(self, user: str) -> None:
        self.user = user


class Sessions:
    def __init__(self) -> None:
        self.open: dict[str, Session] = {}

    def of(self, user: str) -> Session:
        return self.open.setdefault(user, Session(user))


def setup() -> Sessions:
    return Sessions()


def ask(sessions: Sessions) -> Session:
    return sessions.of("anna")


WORKERS = [ask, ask]

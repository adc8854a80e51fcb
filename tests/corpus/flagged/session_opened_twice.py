"""Two threads ask for one session, and each gets its own: looked up and entered in two steps."""

EXPECT = {"nonserializable-outcome"}
MAX_SCHEDULES = 100


class Session:
    def __init__(self, user: str) -> None:
        self.user = user


class Sessions:
    def __init__(self) -> None:
        self.open: dict[str, Session] = {}

    def of(self, user: str) -> Session:
        if user not in self.open:
            self.open[user] = Session(user)
        return self.open[user]


def setup() -> Sessions:
    return Sessions()


def ask(sessions: Sessions) -> Session:
    return sessions.of("anna")


WORKERS = [ask, ask]

"""A timer is cancelled when its function may have begun: both may take themselves for the first."""

import threading

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 200
SEQUENTIAL = False


class Session:
    def __init__(self) -> None:
        self.expired = False
        self.renewed = False
        self.timer = threading.Timer(0.1, self.expire)

    def expire(self) -> None:
        if not self.renewed:
            self.expired = True

    def renew(self) -> None:
        self.timer.cancel()
        if not self.expired:
            self.renewed = True


def setup() -> Session:
    return Session()


def use(session: Session) -> None:
    session.timer.start()
    session.renew()
    session.timer.join()


WORKERS = [use]


def check(session: Session) -> bool:
    return session.renewed != session.expired

"""A timer is cancelled, and who comes first decides, under a lock."""

import threading


class Session:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.expired = False
        self.renewed = False
        self.timer = threading.Timer(0.1, self.expire)

    def expire(self) -> None:
        with self.lock:
            if not self.renewed:
                self.expired = True

    def renew(self) -> None:
        self.timer.cancel()
        with self.lock:
            if not self.expired:
                self.renewed = True


def setup() -> Session:
    return Session()


def use(session: Session) -> None:
    session.timer.start()
    session.renew()
    session.timer.join()


WORKERS = [use]
SEQUENTIAL = False


def check(session: Session) -> bool:
    return session.renewed != session.expired

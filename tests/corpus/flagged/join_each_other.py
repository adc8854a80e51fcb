"""Two threads of a worker's own each wait for the other to end,
if they find that it has arrived.
"""

import threading

EXPECT = {"deadlock"}
MAX_SCHEDULES = 200
SEQUENTIAL = False


class Party:
    def __init__(self) -> None:
        self.arrived: set[int] = set()
        self.threads = [
            threading.Thread(target=self.attend, args=(guest, 1 - guest), daemon=True)
            for guest in range(2)
        ]

    def attend(self, guest: int, friend: int) -> None:
        self.arrived.add(guest)
        if friend in self.arrived:
            self.threads[friend].join()


def setup() -> None:
    return None


def celebrate(_: None) -> None:
    party = Party()
    for thread in party.threads:
        thread.start()
    for thread in party.threads:
        thread.join()


WORKERS = [celebrate]

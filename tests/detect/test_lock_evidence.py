"""What locks say of a hazard is in its message: who holds which, and who does not."""

from __future__ import annotations

from threading import Lock

import pytest

from pytest_concurrency import explore


class Account:
    def __init__(self) -> None:
        self.lock = Lock()
        self.other_lock = Lock()
        self.balance = 0
        self.owner = ""

    def deposit(self) -> None:
        with self.lock:
            self.balance += 1

    def deposit_bare(self) -> None:
        self.balance += 1

    def deposit_with_another(self) -> None:
        with self.other_lock:
            self.balance += 1

    def reset(self) -> None:
        with self.lock:
            self.balance = 7

    def read(self) -> int:
        with self.lock:
            return self.balance

    def write(self, balance: int) -> None:
        with self.lock:
            self.balance = balance

    def deposit_in_two(self) -> None:
        self.write(self.read() + 1)

    def claim(self) -> None:
        if not self.owner:
            with self.lock:
                self.owner = "me"

    def claim_too(self) -> None:
        if not self.owner:
            with self.lock:
                self.owner = "you"


LINES = {
    name: getattr(Account, name).__code__.co_firstlineno for name in vars(Account) if name[0] != "_"
}


def message_of(*workers) -> str:
    found = explore(Account, workers)
    return found.hazards[0].message


def test_who_holds_the_lock_and_who_does_not():
    message = message_of(Account.deposit, Account.deposit_bare, Account.reset)
    bare = LINES["deposit_bare"] + 1
    assert message.endswith(
        f"; 2 of the 3 lines that touch it hold Account.lock, test_lock_evidence.py:{bare} does not"
    )


def test_one_line_holds():
    message = message_of(Account.deposit, Account.deposit_bare)
    assert "; 1 of the 2 lines that touch it holds Account.lock, " in message


def test_another_lock_does_not_help():
    message = message_of(Account.deposit, Account.deposit_with_another)
    assert "1 of the 2 lines that touch it holds Account." in message


def test_the_lock_that_was_given_back_in_between():
    message = message_of(Account.deposit_in_two, Account.deposit_in_two)
    assert message.endswith("thread 1 gave Account.lock back in between")


def test_checks_without_the_lock():
    message = message_of(Account.claim, Account.claim_too)
    assert "Account.owner" in message
    assert "2 of the 4 lines that touch it hold Account.lock, " in message
    checks = (LINES["claim"] + 1, LINES["claim_too"] + 1)
    assert all(f"test_lock_evidence.py:{line}" in message for line in checks)


@pytest.mark.parametrize("workers", [(Account.deposit_bare, Account.deposit_bare)])
def test_nothing_is_said_where_there_is_no_lock(workers):
    assert "lines that touch" not in message_of(*workers)
    assert "gave" not in message_of(*workers)


def test_what_the_main_thread_does_alone_needs_no_lock():
    """The account is made before the others start: that line is not counted."""
    message = message_of(Account.deposit, Account.deposit_bare)
    assert "of the 2 lines" in message

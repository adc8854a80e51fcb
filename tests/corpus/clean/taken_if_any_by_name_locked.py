"""Who takes a job asks under the lock whether the list that it was given is empty."""

import threading


def setup():
    return [threading.Lock(), ["a"], []]


def work(state):
    lock, jobs, taken = state
    with lock:
        hand_on(jobs, taken)


def hand_on(waiting, taken):
    if waiting:
        taken.append(last_of(waiting))


def last_of(stack):
    return stack.pop()


def check(state):
    assert state[2] == ["a"]


WORKERS = [work, work]

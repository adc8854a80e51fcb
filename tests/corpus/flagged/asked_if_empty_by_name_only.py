"""Who looks only asks whether the list that it was given is empty; another thread empties it."""

EXPECT = {"atomicity-violation", "data-race", "test-failure"}
MAX_SCHEDULES = 50


def setup():
    return [["a"], []]


def look(state):
    say(*state)


def say(jobs, said):
    said.append("some" if jobs else "none")


def take(state):
    last_of(state[0])


def last_of(stack):
    return stack.pop()


def check(state):
    assert state[1] == ["some"]


WORKERS = [look, take]

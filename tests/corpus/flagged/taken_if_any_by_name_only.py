"""Whether there is a job is asked of a list that has no other use where it is asked."""

EXPECT = {"thread-exception", "atomicity-violation"}
MAX_SCHEDULES = 50


def setup():
    return ["a"]


def work(waiting):
    if waiting:
        last_of(waiting)


def last_of(stack):
    return stack.pop()


WORKERS = [work, work]

"""A worker reads its flag into a variable and never looks again."""

EXPECT = {"no-progress"}
MAX_SCHEDULES = 100
SEQUENTIAL = False

stop = False
ticks = [0]


def setup() -> None:
    global stop
    stop = False
    ticks[0] = 0


def work(_: None) -> None:
    stopped = stop
    while not stopped:
        ticks[0] = 1


def stop_it(_: None) -> None:
    global stop
    stop = True


WORKERS = [stop_it, work]

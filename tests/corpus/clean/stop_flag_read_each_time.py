"""A worker reads its flag each time round."""

SEQUENTIAL = False

stop = False
ticks = [0]


def setup() -> None:
    global stop
    stop = False
    ticks[0] = 0


def work(_: None) -> None:
    while not stop:
        ticks[0] = 1


def stop_it(_: None) -> None:
    global stop
    stop = True


WORKERS = [stop_it, work]

"""Each thread counts in a field of its own of one C structure."""

import ctypes


class Traffic(ctypes.Structure):
    _fields_ = (("sent", ctypes.c_int), ("received", ctypes.c_int))


def setup() -> Traffic:
    return Traffic(0, 0)


def send(traffic: Traffic) -> None:
    for _ in range(2):
        traffic.sent += 1


def receive(traffic: Traffic) -> None:
    for _ in range(3):
        traffic.received += 1


WORKERS = [send, receive]
EACH_ONCE = True


def check(traffic: Traffic) -> bool:
    return (traffic.sent, traffic.received) == (2, 3)

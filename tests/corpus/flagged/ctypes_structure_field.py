"""A field of a C structure is counted up."""

import ctypes

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Traffic(ctypes.Structure):
    _fields_ = (("sent", ctypes.c_int), ("received", ctypes.c_int))


def setup() -> Traffic:
    return Traffic(0, 0)


def send(traffic: Traffic) -> None:
    traffic.sent += 1


WORKERS = [send, send]


def check(traffic: Traffic) -> bool:
    return (traffic.sent, traffic.received) == (2, 0)

"""Two mirrors answer, and each sets the future if it looks unset."""

from concurrent.futures import Future

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 100


def setup() -> Future[str]:
    return Future()


def answer(future: Future[str]) -> None:
    if not future.done():
        future.set_result("here")


WORKERS = [answer, answer]


def check(future: Future[str]) -> bool:
    return future.result(timeout=0) == "here"

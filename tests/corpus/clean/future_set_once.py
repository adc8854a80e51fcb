"""Two mirrors answer; the one that empties the list of permissions first sets the future."""

from concurrent.futures import Future


class Request:
    def __init__(self) -> None:
        self.future: Future[str] = Future()
        self.permissions = ["set it"]

    def answer(self) -> None:
        try:
            self.permissions.pop()
        except IndexError:
            return
        self.future.set_result("here")


def setup() -> Request:
    return Request()


def wait(request: Request) -> None:
    assert request.future.result() == "here"


WORKERS = [Request.answer, Request.answer, wait]
SEQUENTIAL = False

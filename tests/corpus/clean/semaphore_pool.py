"""A semaphore counts what is left in a list: who got in finds something there."""

import threading


class Tools:
    def __init__(self) -> None:
        self.left = threading.Semaphore(2)
        self.tools = ["hammer", "saw"]

    def use(self) -> None:
        with self.left:
            tool = self.tools.pop()
            self.tools.append(tool)


def setup() -> Tools:
    return Tools()


WORKERS = [Tools.use, Tools.use, Tools.use]


def check(tools: Tools) -> bool:
    return sorted(tools.tools) == ["hammer", "saw"]

"""``if items := self.items: items.pop()``: between the two another thread may take the last one."""

EXPECT = {"thread-exception", "test-failure"}
MAX_SCHEDULES = 100


class Stack:
    def __init__(self) -> None:
        self.items = ["only one"]
        self.taken: list[str] = []

    def take(self) -> None:
        if items := self.items:
            self.taken.append(items.pop())


def setup() -> Stack:
    return Stack()


WORKERS = [Stack.take, Stack.take]


def check(stack: Stack) -> bool:
    return stack.taken == ["only one"]

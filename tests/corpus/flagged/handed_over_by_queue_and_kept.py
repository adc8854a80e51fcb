"""The box is put back into the queue before its owner has done with it."""

import queue


class Box:
    def __init__(self) -> None:
        self._content = 0

    def content(self) -> int:
        return self._content

    def fill(self, content: int) -> None:
        self._content = content


Boxes = queue.Queue[Box]


def work(boxes: Boxes) -> None:
    box = boxes.get()
    boxes.put(box)
    box.fill(box.content() + 1)


def setup() -> Boxes:
    boxes: Boxes = queue.Queue()
    boxes.put(Box())
    return boxes


WORKERS = [work, work]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200

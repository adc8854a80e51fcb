"""Who has taken the box from the queue owns it until it is put back."""

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
    box.fill(box.content() + 1)
    boxes.put(box)


def setup() -> Boxes:
    boxes: Boxes = queue.Queue()
    boxes.put(Box())
    return boxes


WORKERS = [work, work]

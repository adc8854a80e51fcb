"""Pages are taken until there are none, and those that they lead to are added, each once."""

from threading import Lock


class Crawl:
    def __init__(self) -> None:
        self.lock = Lock()
        self.pages = {"a": ["b", "c"], "b": ["c"], "c": []}
        self.todo = ["a"]
        self.seen = {"a"}

    def work(self) -> list[str]:
        visited = []
        while True:
            with self.lock:
                if not self.todo:
                    return visited
                page = self.todo.pop()
            visited.append(page)
            for other in self.pages[page]:
                with self.lock:
                    if other not in self.seen:
                        self.seen.add(other)
                        self.todo.append(other)


def setup() -> Crawl:
    return Crawl()


WORKERS = [Crawl.work, Crawl.work]

"""Two threads find a page unseen, and both visit it."""

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100


class Crawler:
    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.visits: list[str] = []

    def visit(self) -> None:
        if "index" not in self.seen:
            self.seen.add("index")
            self.visits.append("index")


def setup() -> Crawler:
    return Crawler()


WORKERS = [Crawler.visit, Crawler.visit]


def check(crawler: Crawler) -> bool:
    return crawler.visits == ["index"]

"""Who is logged in is kept in a global: one request answers for the other."""

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100

current_user = ""


def setup() -> dict[str, str]:
    return {}


def handle(pages: dict[str, str], user: str) -> None:
    global current_user
    current_user = user
    pages[user] = f"hello {current_user}"


def anna(pages: dict[str, str]) -> None:
    handle(pages, "anna")


def ben(pages: dict[str, str]) -> None:
    handle(pages, "ben")


WORKERS = [anna, ben]


def check(pages: dict[str, str]) -> bool:
    return pages == {"anna": "hello anna", "ben": "hello ben"}

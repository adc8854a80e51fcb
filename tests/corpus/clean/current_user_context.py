"""Who is logged in is kept in a context variable: each thread has its own."""

from contextvars import ContextVar

current_user = ContextVar("current_user", default="")


def setup() -> dict[str, str]:
    return {}


def handle(pages: dict[str, str], user: str) -> None:
    token = current_user.set(user)
    pages[user] = f"hello {current_user.get()}"
    current_user.reset(token)


def anna(pages: dict[str, str]) -> None:
    handle(pages, "anna")


def ben(pages: dict[str, str]) -> None:
    handle(pages, "ben")


WORKERS = [anna, ben]


def check(pages: dict[str, str]) -> bool:
    return pages == {"anna": "hello anna", "ben": "hello ben"}

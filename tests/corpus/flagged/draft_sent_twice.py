"""The draft is sent and then cleared; between the two another thread sends it as well."""

from __future__ import annotations

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Editor:
    def __init__(self) -> None:
        self.draft: str | None = "hello"
        self.sent: list[str] = []

    def send(self) -> None:
        draft = self.draft
        if draft is not None:
            self.sent.append(draft)
            self.draft = None


def setup() -> Editor:
    return Editor()


WORKERS = [Editor.send, Editor.send]


def check(editor: Editor) -> bool:
    return editor.sent == ["hello"]

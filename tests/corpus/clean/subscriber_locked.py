"""Subscribing and publishing exclude each other: every message comes exactly once."""

import threading


class Topic:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.messages: list[str] = []
        self.inboxes: list[list[str]] = []

    def publish(self, message: str) -> None:
        with self.lock:
            self.messages.append(message)
            for inbox in self.inboxes:
                inbox.append(message)

    def subscribe(self) -> None:
        with self.lock:
            self.inboxes.append(self.messages.copy())


def setup() -> Topic:
    return Topic()


def publish(topic: Topic) -> None:
    topic.publish("hello")


WORKERS = [publish, Topic.subscribe]


def check(topic: Topic) -> bool:
    return topic.inboxes == [["hello"]]

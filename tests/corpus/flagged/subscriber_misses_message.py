"""Who subscribes copies the messages so far and enters the list then: what comes in between is
missed.
"""

EXPECT = {"test-failure"}
MAX_SCHEDULES = 100


class Topic:
    def __init__(self) -> None:
        self.messages: list[str] = []
        self.inboxes: list[list[str]] = []

    def publish(self, message: str) -> None:
        self.messages.append(message)
        for inbox in self.inboxes.copy():
            inbox.append(message)

    def subscribe(self) -> None:
        inbox = self.messages.copy()
        self.inboxes.append(inbox)


def setup() -> Topic:
    return Topic()


def publish(topic: Topic) -> None:
    topic.publish("hello")


WORKERS = [publish, Topic.subscribe]


def check(topic: Topic) -> bool:
    return topic.inboxes == [["hello"]]

"""Words are put one by one into a list that all calls share, which is emptied first and read last:
it may be full of another call's words.
"""

EXPECT = {"nonserializable-outcome", "stale-read"}
MAX_SCHEDULES = 200


class Text:
    def __init__(self) -> None:
        self.words: list[str] = []

    def joined(self, words: str) -> str:
        self.words.clear()
        for word in words:
            self.words.append(word)
        return " ".join(self.words)


def setup() -> Text:
    return Text()


def join_two(text: Text) -> str:
    return text.joined("ab")


def join_others(text: Text) -> str:
    return text.joined("cd")


WORKERS = [join_two, join_others]

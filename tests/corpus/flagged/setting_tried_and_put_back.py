"""Another limit is tried, and the old one put back: who comes meanwhile goes by one never set."""

EXPECT = {"stale-read"}
MAX_SCHEDULES = 100


class Settings:
    def __init__(self) -> None:
        self.values = {"limit": 1}

    def try_limit(self, limit: int) -> None:
        before = self.values["limit"]
        self.values["limit"] = limit
        try:
            if limit > 50:
                raise ValueError(limit)
        except ValueError:
            self.values["limit"] = before

    def limit(self) -> int:
        return self.values["limit"]


def setup() -> Settings:
    return Settings()


def try_too_much(settings: Settings) -> None:
    settings.try_limit(99)


WORKERS = [try_too_much, Settings.limit]
EACH_ONCE = True

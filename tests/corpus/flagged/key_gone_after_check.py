"""``if key in cache: use cache[key]`` while another thread throws keys out: KeyError."""

EXPECT = {"thread-exception", "test-failure"}
MAX_SCHEDULES = 100


class Cache:
    def __init__(self) -> None:
        self.pages = {"home": "welcome"}
        self.served: list[str] = []

    def serve(self) -> None:
        if "home" in self.pages:
            self.served.append(self.pages["home"])

    def expire(self) -> None:
        if "home" in self.pages:
            del self.pages["home"]


def setup() -> Cache:
    return Cache()


WORKERS = [Cache.serve, Cache.expire]

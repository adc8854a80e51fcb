"""Who is served is kept in one place by a method, and read there again: it may be another one."""

EXPECT = {"stale-read"}
MAX_SCHEDULES = 100


class Server:
    def __init__(self) -> None:
        self.user = "nobody"

    def serve(self, user: str) -> str:
        self.user = user
        return f"hello {self.user}"


def setup() -> Server:
    return Server()


def ann(server: Server) -> str:
    return server.serve("Ann")


def bob(server: Server) -> str:
    return server.serve("Bob")


WORKERS = [ann, bob]

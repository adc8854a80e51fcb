"""A log that nobody reads meanwhile: calls that go on at once write their lines in any order."""


class Service:
    def __init__(self) -> None:
        self.log: list[str] = []

    def serve(self, who: str) -> None:
        self.log.append(f"{who} begins")
        self.log.append(f"{who} ends")


def setup() -> Service:
    return Service()


def anna(service: Service) -> None:
    service.serve("anna")


def ben(service: Service) -> None:
    service.serve("ben")


WORKERS = [anna, ben]

"""Whoever needs the settings first makes them; they are the same whoever does, and nobody changes
them."""


class Settings:
    def __init__(self, name: str) -> None:
        self.name = name
        self.limits = (1, 5)


class App:
    def __init__(self) -> None:
        self._settings: Settings | None = None

    def limit(self) -> int:
        if self._settings is None:
            self._settings = Settings("app")
        return self._settings.limits[1]


setup = App
WORKERS = [App.limit, App.limit]

"""Two make one path plain, and tell it: whoever does it again comes to the same."""


class Folder:
    def __init__(self) -> None:
        self.path = "a/b//"

    def made_plain(self) -> str:
        path = self.path
        path = path.rstrip("/")
        self.path = path
        return path


def setup() -> Folder:
    return Folder()


WORKERS = [Folder.made_plain, Folder.made_plain]


def check(folder: Folder) -> bool:
    return folder.path == "a/b"

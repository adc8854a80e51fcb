"""The name of each step is put where others may look, one after another."""


class Job:
    def __init__(self) -> None:
        self.step = "none"

    def run(self) -> None:
        for step in ("fetched", "stored"):
            self.step = step

    def told(self) -> str:
        return self.step


def setup() -> Job:
    return Job()


WORKERS = [Job.run, Job.told]
EACH_ONCE = True

"""Which stage a job has reached is handed to a method: any of them may be seen."""

from enum import Enum


class Stage(Enum):
    NEW = 1
    HALF = 2
    WHOLE = 3


class Job:
    def __init__(self) -> None:
        self.stage = Stage.NEW

    def reach(self, stage: Stage) -> None:
        self.stage = stage

    def run(self) -> None:
        self.reach(Stage.HALF)
        self.reach(Stage.WHOLE)

    def reached(self) -> Stage:
        return self.stage


def setup() -> Job:
    return Job()


WORKERS = [Job.run, Job.reached]
EACH_ONCE = True

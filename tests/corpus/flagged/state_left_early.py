"""A guard clause decides that a job starts, which has been cancelled in between. Nobody checks."""

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Job:
    def __init__(self) -> None:
        self.state = "waiting"

    def start(self) -> None:
        if self.state != "waiting":
            return
        self.state = "running"

    def cancel(self) -> None:
        if self.state != "waiting":
            return
        self.state = "cancelled"


setup = Job
WORKERS = [Job.start, Job.cancel]

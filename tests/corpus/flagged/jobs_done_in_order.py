"""Jobs of a pool are taken to be done in the order in which they were submitted."""

from concurrent.futures import Future, ThreadPoolExecutor

SEQUENTIAL = False
EXPECT = {"test-failure"}
MAX_SCHEDULES = 300

Report = list[int]


def setup() -> Report:
    return []


def run_jobs(report: Report) -> None:
    def note(job: Future[int]) -> None:
        report.append(job.result())

    with ThreadPoolExecutor(2) as pool:
        for number in range(2):
            pool.submit(int, number).add_done_callback(note)


WORKERS = [run_jobs]


def check(report: Report) -> bool:
    return report == [0, 1]

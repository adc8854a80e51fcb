"""Jobs of a pool are done in any order, and so it is asked for."""

from concurrent.futures import Future, ThreadPoolExecutor

SEQUENTIAL = False

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
    return sorted(report) == [0, 1]

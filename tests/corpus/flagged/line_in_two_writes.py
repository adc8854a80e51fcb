"""A line is written to a text buffer in two parts; another writer gets between them."""

import io

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100


def setup() -> io.StringIO:
    return io.StringIO()


def report(log: io.StringIO, name: str) -> None:
    log.write(name)
    log.write(" is ready\n")


def report_printer(log: io.StringIO) -> None:
    report(log, "printer")


def report_scanner(log: io.StringIO) -> None:
    report(log, "scanner")


WORKERS = [report_printer, report_scanner]


def check(log: io.StringIO) -> bool:
    return sorted(log.getvalue().splitlines()) == ["printer is ready", "scanner is ready"]

"""Each line is written to a text buffer in one piece; which one comes first does not matter."""

import io


def setup() -> io.StringIO:
    return io.StringIO()


def report(log: io.StringIO, name: str) -> None:
    log.write(f"{name} is ready\n")


def report_printer(log: io.StringIO) -> None:
    report(log, "printer")


def report_scanner(log: io.StringIO) -> None:
    report(log, "scanner")


WORKERS = [report_printer, report_scanner]


def check(log: io.StringIO) -> bool:
    return sorted(log.getvalue().splitlines()) == ["printer is ready", "scanner is ready"]

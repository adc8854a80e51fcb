"""What a session says before and while it runs."""

from __future__ import annotations

from pytest_concurrency.model import Cell, Settings
from pytest_concurrency.report.page import Page, columns
from pytest_concurrency.report.wording import count


def header_line(settings: Settings, *, gil: bool) -> str:
    """Say before the run what it will do."""
    threads = ",".join(map(str, settings.threads)) or "none"
    processes = ",".join(map(str, settings.processes)) or "none"
    number, of = settings.shard
    shard = f"shard {number} of {of}; " if of > 1 else ""
    return (
        f"concurrency: threads {threads}; processes {processes}; "
        f"{count(settings.schedules, 'schedule')}, strategy {settings.strategy}; {shard}"
        f"{_seed(settings.seed)}; GIL {'on' if gil else 'off'}"
    )


def progress_text(nodeid: str, cell: Cell, done: int, planned: int, page: Page) -> str:
    """Say how far a long test is; one line that fits, without padding."""
    rest = f": {cell.label} {done}/{planned} {page.ellipsis}"
    name = page.clean(nodeid.rpartition("::")[2])
    # The last column stays free: a carriage return must find the cursor on this line.
    return page.cut(page.cut(name, max(page.width - 1 - columns(rest), 8)) + rest, page.width - 1)


def _seed(seed: str) -> str:
    return f"seed {seed}" if seed else "seed from test ids"

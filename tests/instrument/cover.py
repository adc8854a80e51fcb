"""Run by the test of coverage: traces the sample, as it is or instrumented, and prints what was
seen."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import coverage
import sample_lines

from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Schedule
from pytest_concurrency.search.execution.engine import execute, exploring
from pytest_concurrency.search.orders.replay import Replay


def main(how: str) -> None:
    here = Path(__file__).parent
    instrumentation = Instrumentation(Scope([here]))
    instrumentation.prepare()
    cov = coverage.Coverage(
        branch=True, include=[sample_lines.__file__], data_file=None, config_file=False
    )
    if how == "original":
        cov.start()
        sample_lines.run()
    else:
        with exploring(instrumentation, 60):
            cov.start()
            execute(Replay(Schedule()), sample_lines.run)
    cov.stop()
    with TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        cov.json_report(outfile=str(report))
        (file,) = json.loads(report.read_text())["files"].values()
    shown = {key: file[key] for key in file if key.endswith(("_lines", "_branches"))}
    print(json.dumps({**shown, "instrumented": instrumentation.counts[0]}))


if __name__ == "__main__":
    main(sys.argv[1])

"""Asks a tool that lives in a process of its own (``child.py``)."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

OURS = "pytest-concurrency"
PEER = "frontrun"
_PATIENCE = 300.0


class NoAnswerError(Exception):
    """The process has ended, or hangs; it is gone now, and the next question starts another."""

    def __init__(self, tool: str, question: str, end: str) -> None:
        super().__init__(f"{tool} {end}: {question}")
        self.end = end
        """``crashed`` or ``hangs``."""


class Child:
    """A tool in a process of its own; the peer under its own wrapper."""

    def __init__(self, tool: str, folder: Path = Path(__file__).parent.parent) -> None:
        self.tool = tool
        self._folder = folder
        """Where the benchmarks lie, and beside them the package."""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()

    @property
    def pid(self) -> int:
        """The process, which is started if there is none."""
        return (self._process or self._start()).pid

    def ask(self, question: str, *arguments: Any, seconds: float = _PATIENCE) -> Any:
        """Return the answer. Raises NoAnswerError if the process dies of it, or takes longer."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps([question, *arguments]) + "\n")
            process.stdin.flush()
        is_there, _, _ = select.select([process.stdout], [], [], seconds)
        answer = process.stdout.readline() if is_there else ""
        if not answer:
            self.end()
            raise NoAnswerError(self.tool, question, "crashed" if is_there else "hangs")
        return json.loads(answer)

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "benchmarks.child", self.tool]
        if self.tool == PEER:
            command.insert(0, str(_wrapper()))
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if self.tool == PEER else None,  # it greets at each start
            text=True,
            cwd=self._folder,
            start_new_session=True,  # the wrapper is a process, too: both are to end
        )
        return self._process

    def end(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with process:
            pass


def _wrapper() -> Path:
    return Path(sys.executable).parent / PEER


def has_peer() -> bool:
    """Whether the peer is installed beside this interpreter."""
    return _wrapper().exists()

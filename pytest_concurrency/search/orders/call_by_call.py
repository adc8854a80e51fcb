"""Call by call: threads change only where one has ended, or between two calls that the code which
uses an object makes.

Which threads run when is given: by an order of the threads, or by picks, one at each place where
there is a choice; what follows the last pick is whoever runs. So all orders of whole calls can be
enumerated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from functools import partial
from itertools import islice
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any, Final, NamedTuple

from pytest_concurrency._compat import getframe
from pytest_concurrency._origins import OWN, is_programs
from pytest_concurrency.detect.outcomes.calls import CALLED, Choice, Steps
from pytest_concurrency.runtime.tasks.protocols import View
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.runtime.trace.operations import CALL
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.search.orders.in_order import InOrder

_LOCALS = ".<locals>."
_OF_THREADS = frozenset({"start", "join"})
"""What hands nothing on: who may run is known by who has begun and not ended."""
_MAKING = frozenset({"__get__", "__getattr__", "__missing__"})
_INNER = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>"})


class Users(NamedTuple):
    """Which functions use what is tested, rather than being that."""

    path: str | None
    """The file that they are in; None: any."""
    test: str = ""
    """The test itself, which may be a method."""

    def has(self, code: CodeType) -> bool:
        """Whether a function is one of them: no method of a class, but for the test."""
        is_test = bool(self.test) and code.co_qualname == self.test
        return self.path in (None, code.co_filename) and (is_test or _is_function(code))

    def begin(self, code: CodeType) -> bool:
        """Whether a thread that begins with a function is one: ``run`` of a thread's class, too."""
        return self.has(code) or (self.path == code.co_filename and code.co_name == "run")


ANY_FUNCTION: Final = Users(None)


class _Look(NamedTuple):
    """What a thread has done last, if it did that itself."""

    site: int
    step: tuple[int, int, str]


class CallByCall(InOrder):
    """Follows an order or picks; notes down where there was a choice, and what workers did
    themselves.
    """

    name = "call-by-call"

    def __init__(
        self,
        users: Users,
        heat: bytearray | None = None,
        *,
        order: Sequence[int] = (),
        picks: Sequence[int] = (),
        whole: Set[int] = frozenset(),
    ) -> None:
        self._users = users
        self._heat = heat
        """By site: whether it matters when it is passed; None: it always does."""
        super().__init__(order)
        self._picks = picks
        self._whole = whole
        """Workers, by index, that are not to be interrupted."""

    def begin(self, view: View) -> bytearray | None:
        """Start over."""
        self._choices: list[Choice] = []
        self._steps: dict[int, Steps] = {}
        self._looked: dict[int, _Look] = {}
        self._codes: dict[int, CodeType | None] = {}
        self.offers = (self._choices, self._steps)
        return None

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Pick at the beginning of a call, and where the running thread cannot go on."""
        is_running = task in enabled
        may_change = is_running and self._is_between(task) and not self._is_whole(task)
        if is_running and not may_change:
            return task
        if self._rank:
            return super().choose(enabled, task)
        order = [task, *(each for each in enabled if each is not task)] if is_running else enabled
        number = len(self._choices)
        picked = self._picks[number] if number < len(self._picks) else 0
        picked = min(picked, len(order) - 1)
        self._choices.append(Choice(picked, len(order)))
        return order[picked]

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Be asked at each point."""
        return 0

    def _is_whole(self, task: Task) -> bool:
        return bool(self._rank) or task.index in self._whole

    def _is_between(self, task: Task) -> bool:
        """Whether the running thread is about to begin a call, or to touch something itself."""
        if not self._is_hot(task) or _is_of_threads(task):
            return False
        if task.index not in self._codes:
            is_started = task.run is None
            code = _outermost(self._users) if is_started else _client_code(task.run, self._users)
            self._codes[task.index] = code
        code = self._codes[task.index]
        inside: list[FrameType] = []
        frame = getframe(2) if code is not None else None
        while frame is not None:
            if code is not None and _origin(frame.f_code) == _origin(code):
                return self._is_new(task, frame, inside)
            if not frame.f_code.co_filename.startswith(OWN):
                inside.append(frame)
            frame = frame.f_back
        return False

    def _is_hot(self, task: Task) -> bool:
        if self._heat is None or task.operation is None:
            return True
        site = task.operation.site
        return site >= len(self._heat) or bool(self._heat[site])

    def _is_new(self, task: Task, caller: FrameType, inside: list[FrameType]) -> bool:
        while inside and _is_part(inside[-1].f_code, caller.f_code):
            caller = inside.pop()
        done = CALLED
        looked = self._looked.pop(task.index, None)
        if inside:
            called = inside[-1]
            if not called.f_trace_lines:
                return False
            # A mark that goes with the activation; its address will be used again.
            called.f_trace_lines = False
        else:
            assert task.operation is not None
            done = task.operation.kind
        steps = self._steps.setdefault(task.index, Counter())
        step = (caller.f_code.co_firstlineno, caller.f_lasti, done)
        if inside and looked is not None and _is_made_by(inside[-1], caller, looked.site):
            # The instance has been asked first, which is a part of the same call.
            steps[looked.step] -= 1
            steps[step] += 1
            return False
        if not inside and task.operation is not None:
            self._looked[task.index] = _Look(task.operation.site, step)
        steps[step] += 1
        return True


def _is_of_threads(task: Task) -> bool:
    """Whether it is about to start a thread, or to wait for its end: whoever is started may run
    then, or later.
    """
    operation = task.operation
    return operation is not None and (
        operation.kind == CALL and SITES[operation.site].name in _OF_THREADS
    )


def _is_made_by(called: FrameType, caller: FrameType, site: int) -> bool:
    """Whether what is asked for at ``site`` was not there, and is made by this: an attribute by a
    descriptor's ``__get__``, an item by ``__missing__``.
    """
    if called.f_code.co_name not in _MAKING:
        return False
    line, _, column, _ = next(islice(caller.f_code.co_positions(), caller.f_lasti // 2, None))
    return (line, column) == (SITES[site].line, SITES[site].column)


def _client_code(job: Any, users: Users) -> CodeType | None:
    """Return the code of a function that uses objects; None: the callable is such a use itself."""
    while type(job) is partial:
        job = job.func
    if type(job) is MethodType and job.__func__.__qualname__ == users.test:
        return getattr(job.__func__, "__code__", None)
    return job.__code__ if type(job) is FunctionType and users.has(job.__code__) else None


def _outermost(users: Users) -> CodeType | None:
    """Return the code of the function that the calling thread has begun with, if it is one that
    uses objects.
    """
    found: CodeType | None = None
    frame: FrameType | None = getframe(2)
    while frame is not None:
        if is_programs(frame.f_code.co_filename):
            found = frame.f_code
        frame = frame.f_back
    return found if found is not None and users.begin(found) else None


def _is_function(code: CodeType) -> bool:
    within = code.co_qualname.rpartition(".")[0]
    return not within or within.endswith("<locals>")


def _origin(code: CodeType) -> tuple[int, str, str]:
    """The same for a function's own code and its instrumented one."""
    return code.co_firstlineno, code.co_name, code.co_filename


def _is_part(code: CodeType, outer: CodeType) -> bool:
    """Whether code is done as a part of ``outer``, and no call of what is tested: a comprehension,
    a function nested in the same test (no method of a class that is), what a lambda does nothing
    but call.
    """
    if code.co_filename != outer.co_filename:
        return False
    name, outer_name = code.co_qualname, outer.co_qualname
    root, _, is_local = name.partition(_LOCALS)
    is_nested = is_local and root == outer_name.partition(_LOCALS)[0] and _LOCALS in outer_name
    if is_nested and _is_function(code):
        return True
    if code.co_name in _INNER:
        return name.startswith(outer_name)
    return outer.co_name == "<lambda>" and _is_function(code)

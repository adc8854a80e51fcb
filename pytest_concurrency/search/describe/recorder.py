"""Writes down an execution in full, with values: used for the one execution that is shown, not
while searching.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from functools import lru_cache, partial
from threading import Thread
from typing import TYPE_CHECKING, Any
from weakref import ref

from pytest_concurrency._compat import getframe
from pytest_concurrency.detect.cause.strands import Strands
from pytest_concurrency.detect.effects import NOT_KNOWN, Content, content_of
from pytest_concurrency.detect.telling import site_of
from pytest_concurrency.detect.values import MISSING, is_asked, location_name, peek, show
from pytest_concurrency.model import Access, Operation
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.diagnosis.thread_states import awaited_by
from pytest_concurrency.runtime.effects.foreign import is_derived
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.scheduler.identity import alive
from pytest_concurrency.runtime.system.frames import Stacks, stack_here
from pytest_concurrency.runtime.tasks.task import Task, Waiting, task_of
from pytest_concurrency.runtime.trace.event import (
    Event,
    location,
    operation,
    part_of,
    resource_of,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import (
    ACQUIRE,
    CALL,
    ONLY_READ,
    OPERATIONS,
    READ,
    USE,
    WRITE,
)
from pytest_concurrency.runtime.trace.resource import FILE, WHOLE, Location, Outside, Resource
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.search.describe.accesses import SITE, Accesses
from pytest_concurrency.search.describe.activations import told_apart
from pytest_concurrency.search.describe.sync_names import Named, SyncNames

if TYPE_CHECKING:
    from pytest_concurrency.detect.observation import Observation

_BY_METHOD: dict[str, Operation] = {
    "set": "set",
    "clear": "clear",
    "notify": "notify",
    "notify_all": "notify",
    "start": "start",
    "join": "join",
    "release": "release",
}
"""What calls do for certain; whether ``get()`` or ``acquire()`` do what they are for depends."""
_REMOVING = frozenset({"unlink", "remove", "rmdir", "rmtree"})

_OP, _LOCATION, _VALUE, _METHOD = 2, 3, 5, 7
"""Positions of fields of ``Access``."""


_MOST_STACKS = 10_000
"""An execution that spins may have many more events."""


def recorded(run: Callable[[], Observation]) -> Observation:
    """Return what ``run`` observes, with the full record of its execution."""
    recorder = _Recorder()
    baton.observer = recorder
    try:
        observation = run()
    finally:
        baton.observer = None
    count = len(observation.execution.log)
    observation.accesses = Accesses(recorder.result()[:count])
    observation.waits = recorder.waits(count)
    observation.contents = recorder.contents[:count]
    observation.strands = recorder.strands[:count]
    threads = [thread_of(event) for event in observation.execution.log]
    observation.stacks = Stacks(recorder.stacks[:count], partial(told_apart, threads))
    return observation


class _States:
    """Whose states are compared."""

    of: Set[Resource] | None = None
    """None: those of all objects."""


@contextmanager
def only_states_of(resources: Set[Resource]) -> Iterator[None]:
    """Where it is known whose states will be asked for, look at no others but those of containers:
    to look at all that an object is made of, at each write, is most of what it takes to record an
    execution. Of what is in a location all else is known in any case.
    """
    _States.of = resources
    try:
        yield
    finally:
        _States.of = None


class _Recorder:
    """Collects an ``Access`` for each event of the execution's log, in the same order."""

    def __init__(self) -> None:
        self._accesses: list[list[Any]] = []
        """What each ``Access`` is made from: an execution that spins has tens of thousands."""
        self.contents: list[tuple[Content, Content]] = []
        """What was in each access's location before and after it."""
        self.strands: list[int] = []
        """Who did it: of one thread, each task of its event loop is somebody else."""
        self._strands = Strands()
        self.stacks: list[tuple[Any, ...]] = []
        """Where the thread stood."""
        self._write: tuple[int, Event, Callable[[], object], object] | None = None
        """The last write: its position, event, what gives its object if that is still there, and
        the name."""
        self._owners: dict[Location, tuple[Event, Callable[[], object], object, str]] = {}
        """Where the program has looked by name, and what it is called there."""
        self._buffered: set[Location] = set()
        """Files that have been opened to be written: what was may still be in a buffer."""
        self._names: dict[Any, str] = {}
        """Of objects that have no name where they are touched, by number."""
        self._labels: dict[Resource, str] = {}
        """What a container as a whole is called where it has a name."""
        self._nameless: list[tuple[int, Resource]] = []
        """Accesses to objects that have none there."""

        self._sync = SyncNames()
        self.names = self._sync.names
        self._met: dict[int, Named] = {}
        """What threads meet on at an event, by its position."""
        self._thread: Named | None = None
        """The thread that is about to be started, or asked."""
        self._latest: dict[int, int] = {}
        """The last event of each thread."""
        self._awaited: dict[int, list[Any]] = {}
        """What each thread was about to do when it had to wait."""
        self._resumed: dict[int, int] = {}
        """Before which event a thread went on; it may have to wait again at once."""
        self._went_on: list[tuple[int, list[Any], Named]] = []
        """Where threads went on that had waited, before which event, and for what."""

    def result(self) -> list[list[Any]]:
        """Return the record."""
        self._settle()
        for thread in list(self._resumed):
            self._goes_on(thread)
        for index, met in self._met.items():
            self._accesses[index][_LOCATION] = met.name or self._accesses[index][_LOCATION]
        for index, resource in self._nameless:
            if resource in self._labels:
                self._accesses[index][_LOCATION] = self._labels[resource]
        return self._accesses

    def waits(self, events: int) -> list[tuple[int, Access]]:
        """Return where threads went on that had waited, as far as so many events go."""
        went_on = []
        for position, row, met in self._went_on:
            if position <= events:
                row[_LOCATION] = met.name or row[_LOCATION]
                row[SITE] = site_of(row[SITE])
                went_on.append((position, Access(*row)))
        return went_on

    def observe(self, event: Event, obj: object, name: object) -> None:
        """Describe an event."""
        if self._write is not None or self._thread is not None:
            self._settle()
        task = baton.current
        assert task is not None
        if self._resumed:
            self._goes_on(task.index)
        index = len(self._accesses)
        self.strands.append(self._strands.current(task.index))
        op, resource = operation(event), resource_of(event)
        shown = _shown(site_number(event), op, resource is FILE)
        is_read = op in ONLY_READ
        found = peek(event, obj, name) if is_read or op == WRITE else MISSING
        called = self._called(event, obj)
        label = location_name(event, obj, name, called)
        if part_of(event) is WHOLE and op in (READ, WRITE):
            if not SITES[site_number(event)].is_bound:
                self._labels.setdefault(resource, label)
            elif not called:
                self._nameless.append((index, resource))
        is_outside = type(resource) is Outside
        if resource is FILE and op == WRITE and SITES[site_number(event)].name == "open":
            self._buffered.add(location(event))
        if op == READ and type(name) is str and not is_outside:
            self._owners[location(event)] = (event, alive(obj), name, label)
        value = found if is_read else MISSING
        content = self._content(event, found)
        self.stacks.append(stack_here() if index < _MOST_STACKS else ())
        self.contents.append((content, content if is_read else NOT_KNOWN))
        if is_read and not is_asked(event, obj):
            self._sync.keep(value, label)
        elif op == WRITE:
            self._write = (index, event, alive(obj), name)
        elif is_derived(type(obj), (Thread,)):
            self._thread = self._met[index] = Named(ref(obj), label)
            self._name_thread()
        else:
            self._met[index] = self._sync.met(obj, label)
        self._latest[task.index] = index
        step = task.steps + baton.points_since_decision
        method = SITES[site_number(event)].name if shown == "call" else ""
        self._accesses.append(
            [task.index, step, shown, label, site_number(event), show(value), False, method]
        )

    def blocked(self, task: Task) -> None:
        """Say of the event at which a thread has to wait that it does."""
        self._resumed.pop(task.index, None)
        index = self._latest.get(task.index)
        met = None if index is None else self._met.get(index)
        if index is None or met is None or task.index in self._awaited:
            return
        awaited = awaited_by(task, getframe(0))
        if awaited is None and type(task.blocked_on) is Waiting:
            awaited = task.blocked_on.target
        if awaited is not met.alive():
            return
        row = self._accesses[index]
        self._awaited[task.index] = list(row)
        if row[_OP] == "join":
            self._met[index] = Named(met.alive, f"the end of {met.name}")
        row[_OP], row[_METHOD] = "wait", ""

    def resumed(self, task: Task) -> None:
        """Take note that a thread goes on, unless it has to wait again at once."""
        if task.index in self._awaited:
            self._resumed[task.index] = len(self._accesses)

    def ended(self, task: Task) -> None:
        """Look at what the last write of a thread has come to, as long as its object is there."""
        self._settle()

    def _goes_on(self, thread: int) -> None:
        position = self._resumed.pop(thread, None)
        if position is None:
            return
        row = self._awaited.pop(thread)
        row[_OP], row[_METHOD] = "acquire" if row[_OP] == "acquire" else "wake", ""
        self._went_on.append((position, row, self._met[self._latest[thread]]))

    def _called(self, event: Event, obj: object) -> str:
        """Name the object whose bound method a variable holds, or that a call gave: as what still
        refers to it; "" if it is not known, or no such object.
        """
        site = SITES[site_number(event)]
        if not (site.is_bound or site.label.endswith(")")):
            return ""
        resource = resource_of(event)
        if resource not in self._names:
            self._names[resource] = next(
                (
                    label
                    for read, owner, name, label in self._owners.values()
                    if (at := owner()) is not None and peek(read, at, name) is obj
                ),
                "",
            )
        return self._names[resource]

    def _name_thread(self) -> None:
        """Call the thread of the last event by its number, which it has when it is started."""
        thread: Any = self._thread.alive() if self._thread is not None else None
        task = None if thread is None else task_of(thread, baton.tasks)
        if self._thread is not None and task is not None:
            self._thread.name = thread_name(task.index, "")

    def _settle(self) -> None:
        """Fill in what comes of the last event, which has taken place by now."""
        self._name_thread()
        self._thread = None
        if self._write is not None:
            index, event, owner, name = self._write
            self._write = None
            obj = owner()
            if obj is not None:
                found = peek(event, obj, name)
                self._sync.keep(found, self._accesses[index][_LOCATION])
                self._accesses[index][_VALUE] = show(found)
                if found is not MISSING:
                    after = self._content(event, found)
                    self.contents[index] = (self.contents[index][0], after)

    def _content(self, event: Event, found: object) -> Content:
        is_known = found is not MISSING and location(event) not in self._buffered
        is_asked = _States.of is None or resource_of(event) in _States.of
        has_state = part_of(event) is WHOLE or (is_asked and operation(event) == WRITE)
        return content_of(found, state=has_state) if is_known else NOT_KNOWN


@lru_cache(maxsize=1024)
def _shown(number: int, op: str, is_file: bool) -> Operation:
    """Return what an operation at a site does, as it is told."""
    site = SITES[number]
    if op == WRITE and is_file and site.name in _REMOVING:
        return "remove"
    if op == CALL and site.op == ACQUIRE:
        return "acquire"  # a ``with`` statement
    if op == CALL and site.name in _BY_METHOD:
        return _BY_METHOD[site.name]
    if op == USE:
        return "call" if site.name else "use"
    return OPERATIONS[op].shown

"""An independent model of threads that lists all outcomes of a program, by walking through all its
states.

It shares nothing with the engine: no schedules, no points, no heat. Threads take turns after each
single step; what a thread does in one step is what CPython does at once. See ``modelled_programs``
for the statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from modelled_programs import PLACES, Block, Program

Instruction = tuple[Any, ...]
Outcome = tuple[Any, ...]
"""``end`` or ``stuck``; what each thread noticed; the values of the variables."""
_START, _WAITS, _WOKEN = range(3)


class TooManyStatesError(Exception):
    """A program has more states than can be walked through."""


class _Thread(NamedTuple):
    at: int = -1
    """The number of its next instruction; -1: not started, -2: ended."""
    seen: tuple[Any, ...] = ()
    value: int = 0
    """What it has read and not written back yet."""
    mode: int = _START
    """Whether it waits at an instruction, or has been woken there."""


class _State(NamedTuple):
    threads: tuple[_Thread, ...]
    variables: tuple[tuple[str, int], ...]
    owners: tuple[tuple[str, tuple[int, int]], ...] = ()
    """By lock: who holds it, and how often."""
    permits: int = 1
    flag: bool = False
    items: tuple[int, ...] = ()
    waiters: tuple[int, ...] = ()
    """Who waits for the condition, in the order in which they came."""


class _Compiler:
    """Turns the statements of a thread into instructions with jumps."""

    def __init__(self) -> None:
        self.code: list[Instruction] = []
        self.inner: dict[int, Block] = {}

    def emit(self, *instruction: Any) -> int:
        self.code.append(instruction)
        return len(self.code) - 1

    def block(self, block: Block, catch: list[int] | None) -> None:
        for name, *rest in block:
            compile_one = getattr(self, f"_{name}", None)
            if compile_one is not None:
                compile_one(catch, *rest)
            elif name == "raise":
                self._throw(catch)
            else:
                self.emit(name, *rest)

    def _throw(self, catch: list[int] | None) -> None:
        if catch is None:
            self.emit("die")
        else:
            catch.append(self.emit("jump", None))

    def _land(self, jumps: list[int]) -> None:
        for at in jumps:
            self.code[at] = ("jump", len(self.code))

    def _add(self, _: Any, variable: str) -> None:
        self.emit("load", variable)
        self.emit("store", variable)

    def _guarded(self, body: Block, catch: list[int] | None, *at_end: Instruction) -> None:
        """Run ``body``; then, however it ends, the instructions ``at_end``."""
        thrown: list[int] = []
        self.block(body, thrown)
        for each in at_end:
            self.emit(*each)
        if thrown:
            over = self.emit("jump", None)
            self._land(thrown)
            for each in at_end:
                self.emit(*each)
            self._throw(catch)
            self._land([over])

    def _with(self, catch: list[int] | None, name: str, body: Block) -> None:
        is_semaphore = name == "semaphore"
        take, give = ("sem_acquire",), ("sem_release",)
        self.emit(*(take if is_semaphore else ("acquire", name)))
        self._guarded(body, catch, give if is_semaphore else ("release", name))

    _take = _with

    def _try(self, catch: list[int] | None, name: str, body: Block, otherwise: Block) -> None:
        failed = self.emit("try", name, None)
        self._guarded(body, catch, ("release", name))
        over = self.emit("jump", None)
        self.code[failed] = ("try", name, len(self.code))
        self.block(otherwise, catch)
        self._land([over])

    _timed = _try

    def _if(
        self, catch: list[int] | None, name: str, value: int, body: Block, otherwise: Block
    ) -> None:
        test = self.emit("test", name, value, None)
        self.block(body, catch)
        over = self.emit("jump", None)
        self.code[test] = ("test", name, value, len(self.code))
        self.block(otherwise, catch)
        self._land([over])

    def _loop(self, catch: list[int] | None, times: int, body: Block) -> None:
        for _ in range(times):
            self.block(body, catch)

    def _except(self, catch: list[int] | None, body: Block, handler: Block) -> None:
        thrown: list[int] = []
        self.block(body, thrown)
        over = self.emit("jump", None)
        self._land(thrown)
        self.block(handler, catch)
        self._land([over])

    def _finally(self, catch: list[int] | None, body: Block, final: Block) -> None:
        thrown: list[int] = []
        self.block(body, thrown)
        self.block(final, catch)
        over = self.emit("jump", None)
        self._land(thrown)
        self.block(final, catch)
        self._throw(catch)
        self._land([over])

    def _await(self, catch: list[int] | None, name: str, value: int, body: Block) -> None:
        self.emit("acquire", "condition")
        test = self.emit("test", name, value, None)
        over = self.emit("jump", None)
        self.code[test] = ("test", name, value, len(self.code))
        self.emit("cond_wait")
        self.emit("jump", test)
        self._land([over])
        self._guarded(body, catch, ("release", "condition"))

    def _notify(
        self, catch: list[int] | None, name: str, value: int, method: str, body: Block
    ) -> None:
        self.emit("acquire", "condition")
        inside = (("write", name, value), ("cond_notify", method), *body)
        self._guarded(inside, catch, ("release", "condition"))

    def _try_put(self, catch: list[int] | None, value: int, handler: Block) -> None:
        failed = self.emit("put_nowait", value, None)
        over = self.emit("jump", None)
        self.code[failed] = ("put_nowait", value, len(self.code))
        self.block(handler, catch)
        self._land([over])

    def _try_get(self, catch: list[int] | None, handler: Block) -> None:
        failed = self.emit("get_nowait", None)
        over = self.emit("jump", None)
        self.code[failed] = ("get_nowait", len(self.code))
        self.block(handler, catch)
        self._land([over])

    def _spawn(self, _: Any, number: int, body: Block) -> None:
        self.inner[number] = body
        self.emit("spawn", number)


@dataclass
class _Step:
    """One step of one thread, while it is made."""

    threads: list[_Thread]
    variables: dict[str, int]
    owners: dict[str, tuple[int, int]]
    permits: int
    flag: bool
    items: tuple[int, ...]
    waiters: tuple[int, ...]

    def frozen(self) -> _State:
        return _State(
            tuple(self.threads),
            tuple(sorted(self.variables.items())),
            tuple(sorted(self.owners.items())),
            self.permits,
            self.flag,
            self.items,
            self.waiters,
        )


class _Model:
    def __init__(self, program: Program) -> None:
        self.code: dict[int, list[Instruction]] = {}
        for number, block in enumerate(program.threads):
            self._compile(number, block)
        self.numbers = sorted(self.code)
        self.first = len(program.threads)

    def _compile(self, number: int, block: Block) -> None:
        compiler = _Compiler()
        compiler.block(block, None)
        compiler.emit("end")
        self.code[number] = compiler.code
        for inner, body in compiler.inner.items():
            self._compile(inner, body)

    def start(self) -> _State:
        threads = [_Thread(0 if place < self.first else -1) for place in range(len(self.numbers))]
        return _State(tuple(threads), (("x", 0), ("y", 0)))

    def after(self, state: _State) -> Iterator[_State]:
        """Yield what may come next."""
        for place, thread in enumerate(state.threads):
            if thread.at >= 0 and thread.mode != _WAITS:
                yield from self._go(state, place)

    def _go(self, state: _State, me: int) -> Iterator[_State]:
        thread = state.threads[me]
        name, *rest = self.code[self.numbers[me]][thread.at]
        step = _Step(list(state.threads), dict(state.variables), dict(state.owners), *state[3:])
        if getattr(self, f"_{name}")(step, me, *rest):
            yield step.frozen()

    # Each makes a step, unless it returns False: then the thread cannot go on.

    @staticmethod
    def _next(step: _Step, me: int, *seen: Any, to: int = -1, value: int = 0) -> bool:
        thread = step.threads[me]
        at = thread.at + 1 if to < 0 else to
        step.threads[me] = _Thread(at, (*thread.seen, *seen), value)
        return True

    def _jump(self, step: _Step, me: int, to: int) -> bool:
        return self._next(step, me, to=to)

    def _read(self, step: _Step, me: int, name: str) -> bool:
        return self._next(step, me, step.variables[name])

    def _write(self, step: _Step, me: int, name: str, value: int) -> bool:
        step.variables[name] = value
        return self._next(step, me)

    def _load(self, step: _Step, me: int, name: str) -> bool:
        return self._next(step, me, value=step.variables[name])

    def _store(self, step: _Step, me: int, name: str) -> bool:
        return self._write(step, me, name, step.threads[me].value + 1)

    def _test(self, step: _Step, me: int, name: str, value: int, otherwise: int) -> bool:
        return self._next(step, me, to=-1 if step.variables[name] == value else otherwise)

    def _die(self, step: _Step, me: int) -> bool:
        return self._next(step, me, "died", to=len(self.code[self.numbers[me]]) - 1)

    def _end(self, step: _Step, me: int) -> bool:
        step.threads[me] = step.threads[me]._replace(at=-2)
        return True

    def _acquire(self, step: _Step, me: int, name: str) -> bool:
        return self._takes(step, me, name) and self._next(step, me)

    @staticmethod
    def _takes(step: _Step, me: int, name: str) -> bool:
        owner, times = step.owners.get(name, (me, 0))
        if owner != me or (times and name not in ("rlock", "condition")):
            return False
        step.owners[name] = (me, times + 1)
        return True

    def _try(self, step: _Step, me: int, name: str, otherwise: int) -> bool:
        return self._next(step, me, to=-1 if self._takes(step, me, name) else otherwise)

    def _release(self, step: _Step, me: int, name: str) -> bool:
        _, times = step.owners.pop(name)
        if times > 1:
            step.owners[name] = (me, times - 1)
        return self._next(step, me)

    def _locked(self, step: _Step, me: int, name: str) -> bool:
        return self._next(step, me, name in step.owners)

    def _sem_acquire(self, step: _Step, me: int) -> bool:
        if not step.permits:
            return False
        step.permits -= 1
        return self._next(step, me)

    def _sem_try(self, step: _Step, me: int) -> bool:
        taken = step.permits > 0
        step.permits -= taken
        return self._next(step, me, taken)

    def _sem_release(self, step: _Step, me: int) -> bool:
        step.permits += 1
        return self._next(step, me)

    def _set(self, step: _Step, me: int) -> bool:
        step.flag = True
        for place, thread in enumerate(step.threads):
            waits = thread.mode == _WAITS and self._instruction(place, thread)[0] == "wait"
            if waits:
                step.threads[place] = thread._replace(mode=_WOKEN)
        return self._next(step, me)

    def _instruction(self, place: int, thread: _Thread) -> Instruction:
        return self.code[self.numbers[place]][thread.at]

    def _clear(self, step: _Step, me: int) -> bool:
        step.flag = False
        return self._next(step, me)

    def _is_set(self, step: _Step, me: int) -> bool:
        return self._next(step, me, step.flag)

    def _wait(self, step: _Step, me: int) -> bool:
        if step.flag or step.threads[me].mode == _WOKEN:
            return self._next(step, me)
        step.threads[me] = step.threads[me]._replace(mode=_WAITS)
        return True

    def _put(self, step: _Step, me: int, value: int) -> bool:
        if len(step.items) >= PLACES:
            return False
        step.items = (*step.items, value)
        return self._next(step, me)

    def _put_nowait(self, step: _Step, me: int, value: int, otherwise: int) -> bool:
        return self._put(step, me, value) or self._next(step, me, to=otherwise)

    def _get(self, step: _Step, me: int) -> bool:
        if not step.items:
            return False
        item, *rest = step.items
        step.items = tuple(rest)
        return self._next(step, me, item)

    def _get_nowait(self, step: _Step, me: int, otherwise: int) -> bool:
        return self._get(step, me) or self._next(step, me, to=otherwise)

    def _qsize(self, step: _Step, me: int) -> bool:
        return self._next(step, me, len(step.items))

    def _cond_wait(self, step: _Step, me: int) -> bool:
        thread = step.threads[me]
        if thread.mode == _WOKEN:
            if "condition" in step.owners:
                return False
            step.owners["condition"] = (me, thread.value)
            return self._next(step, me)
        _, times = step.owners.pop("condition")
        step.threads[me] = thread._replace(mode=_WAITS, value=times)
        step.waiters = (*step.waiters, me)
        return True

    def _cond_notify(self, step: _Step, me: int, method: str) -> bool:
        many = len(step.waiters) if method == "notify_all" else 1
        for place in step.waiters[:many]:
            step.threads[place] = step.threads[place]._replace(mode=_WOKEN)
        step.waiters = step.waiters[many:]
        return self._next(step, me)

    def _spawn(self, step: _Step, me: int, number: int) -> bool:
        step.threads[self.numbers.index(number)] = _Thread(0)
        return self._next(step, me)

    def _join(self, step: _Step, me: int, number: int) -> bool:
        return step.threads[self.numbers.index(number)].at == -2 and self._next(step, me)

    def _alive(self, step: _Step, me: int, number: int) -> bool:
        return self._next(step, me, step.threads[self.numbers.index(number)].at != -2)


def outcomes_of(program: Program, most: int = 50_000) -> set[Outcome]:
    """Return every outcome; raise TooManyStatesError if there are more states than ``most``."""
    model = _Model(program)
    start = model.start()
    found = set()
    known = {start}
    left = [start]
    while left:
        state = left.pop()
        following = list(model.after(state))
        if not following:
            found.add(_outcome(model, state))
        for each in following:
            if each not in known:
                known.add(each)
                left.append(each)
        if len(known) > most:
            raise TooManyStatesError
    return found


def _outcome(model: _Model, state: _State) -> Outcome:
    stuck = any(thread.at >= 0 for thread in state.threads)
    seen = {
        number: thread.seen for number, thread in zip(model.numbers, state.threads, strict=True)
    }
    told = tuple(seen.get(number, ()) for number in range(9))
    return ("stuck" if stuck else "end", told, *(value for _, value in state.variables))

"""A lock of ``threading`` is held over an await: another task of the loop blocks the thread on it,
if the pool is done with its job first."""

import asyncio
import threading

SEQUENTIAL = False
EXPECT = {"deadlock"}
MAX_SCHEDULES = 300


def setup() -> threading.Lock:
    return threading.Lock()


async def save(lock: threading.Lock) -> None:
    with lock:
        await asyncio.to_thread(int)


async def show(lock: threading.Lock) -> None:
    await asyncio.to_thread(int)
    with lock:
        pass


def serve(lock: threading.Lock) -> None:
    async def both() -> None:
        await asyncio.gather(save(lock), show(lock))

    asyncio.run(both())


WORKERS = [serve]

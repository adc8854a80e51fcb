"""A lock of ``threading`` is given back before each await, so no task of the loop meets it."""

import asyncio
import threading

SEQUENTIAL = False


def setup() -> threading.Lock:
    return threading.Lock()


async def save(lock: threading.Lock) -> None:
    with lock:
        pass
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

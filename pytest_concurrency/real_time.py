"""The clocks that the plugin lives by, named as in ``time``, whatever becomes of those of ``time``.

A test may freeze time: that replaces functions in ``time`` and in every module that has imported
them. These are not what is looked for. Tools that freeze time in C leave such clocks alone.
"""

from __future__ import annotations

import time
from functools import partial

monotonic = partial(time.monotonic)
monotonic_ns = partial(time.monotonic_ns)
perf_counter = partial(time.perf_counter)
sleep = partial(time.sleep)
wall_clock = partial(time.time)
"""Another name than in ``time``, which is a module here."""

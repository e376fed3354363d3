"""Many at the same moment, and waiting for what others do."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection


def at_once(work, count):
    """Run `work(index)` in `count` threads that start together; their results in order."""
    barrier = Barrier(count)

    def run(index):
        try:
            barrier.wait(timeout=30)
            return work(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def eventually(condition, what: str, seconds: float = 40, pause: float = 0.1):
    """Wait until `condition()` is true; its value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(pause)
    raise AssertionError(f"{what} did not happen within {seconds} s")

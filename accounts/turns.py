"""A web process works on a few requests at once; the others wait their turn, first come, first.

A process has one interpreter, and a thread that comes back from the database asks for it. With all
of its threads at work each waits behind the others at every statement, all finish late, and the
unlucky much later: sixteen at once cost a fifth of what the machine could answer (ADR 17). Waiting
costs nothing here, and whoever has begun ends soon.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

# Seconds. Whoever has a turn may itself wait for somebody, such as a platform that is tried out;
# after this the next begins without one.
PATIENCE = 0.25


class Turns:
    """So many at once, the others in the order in which they came."""

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._free = count
        self._waiting: deque[threading.Lock] = deque()

    def take(self, patience: float) -> bool:
        """Wait for a turn, and say whether it came within `patience` seconds; then give it back."""
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=patience):
            return True
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
            # It came in this very moment.
            return True

    def give_back(self) -> None:
        """To the next who waits."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


_turns = Turns(settings.REQUESTS_AT_ONCE)


@contextmanager
def turn() -> Iterator[None]:
    """Work when it is this request's turn, or after `PATIENCE` at the latest."""
    has_turn = _turns.take(PATIENCE)
    try:
        yield
    finally:
        if has_turn:
            _turns.give_back()

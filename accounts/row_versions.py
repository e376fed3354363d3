"""What was made of rows, kept as long as PostgreSQL says that the rows are the same (ADR 8).

A row's version is its `xmin` and `ctid`: whoever changes it, in whichever process, gives it another
one. So the version is asked for each time, which is short, and what was made under it is used
again.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class KeptByVersion(Generic[Value]):
    """Values by key, each with the version of the rows it was made of; at most so many of them.

    Read the version before the rows: what changes in between is told by the version after it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Hashable, tuple[object, Value]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, version: object) -> Value | None:
        """What was made of this very version, as far as it is known."""
        kept = self._kept.get(key)
        return None if kept is None or kept[0] != version else kept[1]

    def get_or_make(
        self, key: Hashable, version: object, make: Callable[[], Value | None]
    ) -> Value | None:
        """The same, made where it is not known; what cannot be made is asked for again."""
        value = self.get(key, version)
        if value is None:
            value = make()
            if value is not None:
                self.keep(key, version, value)
        return value

    def keep(self, key: Hashable, version: object, value: Value) -> None:
        if len(self._kept) >= self._most:
            self._kept.clear()
        self._kept[key] = (version, value)

"""What every format is read into: rows, numbered as a person would, and how it was read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


class Unreadable(Exception):
    """A file that is no table we can read, or larger than we take: says what to do instead."""


@dataclass(frozen=True)
class Line:
    """One row of a file; a `problem` is the code of what is wrong with it as a row."""

    number: int
    cells: list[str]
    problem: str = ""


@dataclass
class Table:
    """The rows of a file, its headers the first of them; `facts` are complete at the end."""

    lines: Iterator[Line]
    facts: dict[str, Any] = field(default_factory=dict)

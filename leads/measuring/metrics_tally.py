"""Counting leads: how many stand where, how far they came, how long it took, why they were lost.

A tally is a vector of whole numbers. Two tallies of different leads add up to the tally of all of
them, and what was added can be taken away again, so that days make months, and sources the whole.

Lengths of time are kept in buckets whose bounds grow by 5 %: counts and sums stay exact, a median
or p90 read from buckets is within 2.5 % of the true one. A tally made with `exact=True` keeps the
lengths themselves instead.
"""

import math
import struct
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

from leads.models import Status

STAGES = tuple(status for status in Status if status is not Status.LOST)
STATUSES = tuple(Status)
# From coming in to the first contact, to being qualified, to having an appointment.
MEASURES = ("contact", "qualify", "schedule")
REASONS = ("loss", "unqualified")

_FURTHEST = len(STATUSES)
_TIMES = _FURTHEST + len(STAGES)
_LENGTH = _TIMES + 2 * len(MEASURES)

_GROWTH = math.log(1.05)
# 5 % above another this often is some four years, and the rest is the last one's.
BUCKETS = 384
# Each bucket's count has its own 32 bits of one large number: adding numbers adds all buckets.
_LANE = 32

_STATUS_PLACE = {status.value: place for place, status in enumerate(STATUSES)}


class Fact(NamedTuple):
    """What is counted of one lead; `furthest` is a place in `STAGES`, lengths in milliseconds."""

    source: str
    owner: str
    status: str
    furthest: int
    loss_reason: str
    unqualified_reason: str
    contact: int | None
    qualify: int | None
    schedule: int | None


def bucket_of(milliseconds: int) -> int:
    """The first is for all below a second, which nobody needs told apart."""
    if milliseconds < 1000:
        return 0
    return min(BUCKETS - 1, 1 + int(math.log(milliseconds / 1000) / _GROWTH))


def middle_of(bucket: int) -> float:
    """The milliseconds that stand for all of a bucket: at most 2.5 % from any of them."""
    return 1000 * math.exp((bucket - 0.5) * _GROWTH) if bucket else 0.0


@dataclass
class Tally:
    """Of some leads. `spreads` are the buckets of each measure, packed; `lengths` if kept exact."""

    counts: list[int] = field(default_factory=lambda: [0] * _LENGTH)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    spreads: list[int] = field(default_factory=lambda: [0] * len(MEASURES))
    lengths: list[list[int]] | None = None

    @classmethod
    def empty(cls, *, exact: bool = False) -> "Tally":
        return cls(lengths=[[] for _measure in MEASURES] if exact else None)

    def count(self, fact: Fact) -> None:
        """Count one more lead."""
        counts = self.counts
        counts[_STATUS_PLACE[fact.status]] += 1
        counts[_FURTHEST + fact.furthest] += 1
        if fact.loss_reason:
            self.reasons["loss", fact.loss_reason] += 1
        if fact.unqualified_reason:
            self.reasons["unqualified", fact.unqualified_reason] += 1
        for place, length in enumerate((fact.contact, fact.qualify, fact.schedule)):
            if length is None:
                continue
            counts[_TIMES + 2 * place] += 1
            counts[_TIMES + 2 * place + 1] += length
            if self.lengths is None:
                self.spreads[place] += 1 << (_LANE * bucket_of(length))
            else:
                self.lengths[place].append(length)

    def add(self, other: "Tally", *, sign: int = 1) -> None:
        """Add the tally of other leads; with `sign=-1` take that of some of these away."""
        self.counts = [a + sign * b for a, b in zip(self.counts, other.counts, strict=True)]
        for reason, number in other.reasons.items():
            self.reasons[reason] += sign * number
        self.spreads = [a + sign * b for a, b in zip(self.spreads, other.spreads, strict=True)]
        if self.lengths is not None and other.lengths is not None:
            for mine, theirs in zip(self.lengths, other.lengths, strict=True):
                mine += theirs

    @property
    def leads(self) -> int:
        return sum(self.counts[:_FURTHEST])

    @property
    def by_status(self) -> dict[str, int]:
        return {s.value: self.counts[place] for place, s in enumerate(STATUSES)}

    @property
    def reached(self) -> dict[str, int]:
        """How many came to each stage or beyond: a stage passed over counts as reached."""
        furthest = self.counts[_FURTHEST:_TIMES]
        return {stage.value: sum(furthest[place:]) for place, stage in enumerate(STAGES)}

    def reasons_of(self, kind: str) -> dict[str, int]:
        """Of `loss` or `unqualified`, the most frequent first."""
        found = [(code, n) for (of, code), n in self.reasons.items() if of == kind and n]
        return dict(sorted(found, key=lambda pair: (-pair[1], pair[0])))

    def duration(self, measure: str) -> "Duration":
        place = MEASURES.index(measure)
        number, milliseconds = self.counts[_TIMES + 2 * place : _TIMES + 2 * place + 2]
        if not number:
            return Duration(n=0)
        median, p90 = self._quantiles(place, (0.5, 0.9))
        average = milliseconds / number
        return Duration(number, average / 1000, median / 1000, p90 / 1000)

    def _quantiles(self, place: int, shares: Sequence[float]) -> list[float]:
        if self.lengths is not None:
            ordered = sorted(self.lengths[place])
            return [_between(ordered.__getitem__, len(ordered), share) for share in shares]
        ends = list(accumulate(unpacked(self.spreads[place])))

        def value_at(rank: int) -> float:
            return middle_of(bisect_right(ends, rank))

        return [_between(value_at, ends[-1], share) for share in shares]

    def form(self, measures: Iterable[str] = MEASURES) -> list[Any]:
        """What JSON can carry, with the buckets of these measures only."""
        return [
            self.counts,
            [[kind, code, number] for (kind, code), number in self.reasons.items() if number],
            [f"{self.spreads[MEASURES.index(name)]:x}" for name in measures],
        ]

    @classmethod
    def of_form(cls, form: Sequence[Any]) -> "Tally":
        counts, reasons, spreads = form
        packed = [int(text, 16) for text in spreads]
        return cls(
            counts=counts,
            reasons=Counter({(kind, code): number for kind, code, number in reasons}),
            spreads=packed + [0] * (len(MEASURES) - len(packed)),
        )


@dataclass(frozen=True)
class Duration:
    """How long something took, in seconds, over the `n` leads with which it happened."""

    n: int
    average: float | None = None
    median: float | None = None
    p90: float | None = None


@dataclass
class Counted:
    """A tally with the tallies of its parts."""

    total: Tally
    by_source: dict[str, Tally] = field(default_factory=dict)
    by_owner: dict[str, Tally] = field(default_factory=dict)

    @classmethod
    def empty(cls, *, exact: bool = False) -> "Counted":
        return cls(Tally.empty(exact=exact))

    def add(self, other: "Counted", *, sign: int = 1) -> None:
        self.total.add(other.total, sign=sign)
        for mine, theirs in (
            (self.by_source, other.by_source),
            (self.by_owner, other.by_owner),
        ):
            add_parts(mine, theirs, sign=sign, exact=self.total.lengths is not None)


def add_parts(
    mine: dict[str, Tally], theirs: Mapping[str, Tally], *, sign: int = 1, exact: bool = False
) -> None:
    for key, tally in theirs.items():
        if key not in mine:
            mine[key] = Tally.empty(exact=exact)
        mine[key].add(tally, sign=sign)


Cells = dict[tuple[str, str], Tally]


def counted_cells(facts: Iterable[Fact], *, exact: bool = False) -> Cells:
    """The leads' tallies by source and owner; the parts and the whole are their sums."""
    cells: Cells = {}
    for fact in facts:
        key = (fact.source, fact.owner)
        cell = cells.get(key)
        if cell is None:
            cell = cells[key] = Tally.empty(exact=exact)
        cell.count(fact)
    return cells


def summed(cells: Cells, *, exact: bool = False) -> Counted:
    """The whole, with its parts by source and by owner."""
    whole = Counted.empty(exact=exact)
    for (source, owner), cell in cells.items():
        whole.total.add(cell)
        add_parts(whole.by_source, {source: cell}, exact=exact)
        add_parts(whole.by_owner, {owner: cell}, exact=exact)
    return whole


def unpacked(spread: int) -> Sequence[int]:
    """The count of each bucket."""
    return struct.unpack(f"<{BUCKETS}I", spread.to_bytes(BUCKETS * _LANE // 8, "little"))


def _between(value_at: Any, number: int, share: float) -> float:
    """The value at that share of the ordered ones, between two where it falls between them."""
    place = share * (number - 1)
    low = math.floor(place)
    high = min(low + 1, number - 1)
    first, second = value_at(low), value_at(high)
    return float(first + (second - first) * (place - low))

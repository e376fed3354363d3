"""Reckoning with business time: what passes while somebody is there to answer.

Nothing here reads a clock or the database. Windows are made of wall-clock times in a zone and
measured in time that really passes: on the night the clocks go back, a day that is open all night
has an hour more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class BusinessHours:
    """Open on `days` (Monday is 0) from `opens_at` until `closes_at`, but not on `holidays`.

    `closes_at` midnight is the end of the day, so that 00:00–00:00 is the whole day.
    """

    zone: ZoneInfo
    days: frozenset[int]
    opens_at: time
    closes_at: time
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not self.days:
            raise ValueError("Business hours need at least one day.")
        if self.closes_at != time(0) and self.closes_at <= self.opens_at:
            raise ValueError("Business hours end after they begin.")

    def window(self, day: date) -> tuple[datetime, datetime] | None:
        """From when until when it is open on a day, in UTC; None when it is not."""
        if day.weekday() not in self.days or day in self.holidays:
            return None
        last_day = day + _DAY if self.closes_at == time(0) else day
        # A time the clocks skip is read as before the change, which is the moment after it.
        opens = datetime.combine(day, self.opens_at, self.zone).astimezone(UTC)
        closes = datetime.combine(last_day, self.closes_at, self.zone).astimezone(UTC)
        return opens, max(opens, closes)

    def windows_from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Every window that ends after `moment`, the first cut to what is left of it; for ever."""
        day = moment.astimezone(self.zone).date()
        while True:
            window = self.window(day)
            if window is not None and window[1] > moment:
                yield max(window[0], moment.astimezone(UTC)), window[1]
            day += _DAY


def after_business_time(start: datetime, length: timedelta, hours: BusinessHours) -> datetime:
    """The moment, in UTC, at which `length` of business time has passed since `start`."""
    if length <= timedelta(0):
        raise ValueError("Business time passes forward.")
    left = length
    for opens, closes in hours.windows_from(start):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    raise AssertionError("Windows never end.")


def business_time_between(start: datetime, end: datetime, hours: BusinessHours) -> timedelta:
    """How much business time passes from `start` until `end`; none when that is earlier."""
    passed = timedelta(0)
    for opens, closes in hours.windows_from(start):
        if opens >= end:
            return passed
        passed += min(closes, end) - opens
    raise AssertionError("Windows never end.")

"""When people may be called: a campaign's hours, on the clock of whoever is called.

`hours` is what `Campaign.calling_hours` holds: `{"start": "09:00", "end": "20:00", "days": [0]}`,
or null for any hour. Days are numbers from 0, Monday, or names such as "mon". An end of 00:00 is
midnight at the end of the day.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from leads.responding.business_time import BusinessHours

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Hours = Mapping[str, Any] | None


def day_number(day: object) -> int:
    """0 for Monday, however it was written; raises `ValueError`."""
    if isinstance(day, int) and not isinstance(day, bool) and 0 <= day <= 6:
        return day
    text = str(day).strip().lower()
    if text.isdigit() and int(text) <= 6:
        return int(text)
    return DAY_NAMES.index(text[:3])


def hours_in(hours: Mapping[str, Any], zone: str) -> BusinessHours:
    """The windows of these hours on the clock of `zone`; raises `ValueError` for no sane hours."""
    days = hours.get("days")
    return BusinessHours(
        zone=ZoneInfo(zone),
        days=frozenset(range(7) if days is None else map(day_number, days)),
        opens_at=time.fromisoformat(hours["start"]),
        closes_at=time.fromisoformat(hours["end"]),
    )


def is_open(hours: Hours, zone: str, now: datetime) -> bool:
    """Whether somebody in `zone` may be called at that moment."""
    if not hours:
        return True
    window = hours_in(hours, zone)
    opens, _closes = next(window.windows_from(now))
    return opens <= now


def open_zones(hours: Hours, now: datetime, zones: Iterable[str]) -> list[str]:
    """Those of `zones` in which people may be called at that moment."""
    return [zone for zone in zones if is_open(hours, zone, now)]


def next_opening(hours: Hours, zone: str, moment: datetime) -> datetime:
    """The first moment from then on at which somebody in `zone` may be called."""
    if not hours:
        return moment
    opens, _closes = next(hours_in(hours, zone).windows_from(moment))
    return max(opens, moment.astimezone(UTC))


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_of(name: str, otherwise: str) -> str:
    """A time zone by its name; what is none, or empty, is `otherwise`."""
    return name if name in _known() else otherwise

"""Business time: known answers, the nights the clocks change, and what must hold for any hours."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leads.responding.business_time import BusinessHours, after_business_time, business_time_between

WEEKDAYS = frozenset(range(5))
EVERY_DAY = frozenset(range(7))


def hours(
    zone="UTC", days=WEEKDAYS, opens=time(9), closes=time(17), holidays=frozenset()
) -> BusinessHours:
    return BusinessHours(ZoneInfo(zone), frozenset(days), opens, closes, frozenset(holidays))


OFFICE = hours()
NEW_YORK = hours("America/New_York")
BERLIN_NIGHTS = hours("Europe/Berlin", EVERY_DAY, time(1), time(5))
AROUND_THE_CLOCK = hours("Europe/Berlin", EVERY_DAY, time(0), time(0))
CHRISTMAS = hours(holidays={date(2026, 12, 25), date(2026, 12, 28)})


# 2 March 2026 is a Monday. Starts and answers as "day hour:minute" in the zone of the hours.
@pytest.mark.parametrize(
    ("name", "open_hours", "start", "minutes", "due"),
    [
        ("in hours", OFFICE, "2026-03-02 10:00", 30, "2026-03-02 10:30"),
        ("until closing", OFFICE, "2026-03-02 16:30", 30, "2026-03-02 17:00"),
        ("over night", OFFICE, "2026-03-02 16:45", 30, "2026-03-03 09:15"),
        ("before opening", OFFICE, "2026-03-02 06:00", 15, "2026-03-02 09:15"),
        ("at opening", OFFICE, "2026-03-02 09:00", 1, "2026-03-02 09:01"),
        ("at closing", OFFICE, "2026-03-02 17:00", 1, "2026-03-03 09:01"),
        ("over the week-end", OFFICE, "2026-03-06 16:59", 2, "2026-03-09 09:01"),
        ("on a Saturday", OFFICE, "2026-03-07 12:00", 60, "2026-03-09 10:00"),
        ("several days", OFFICE, "2026-03-02 09:00", 8 * 60 * 6, "2026-03-09 17:00"),
        ("holidays and a week-end", CHRISTMAS, "2026-12-24 16:00", 90, "2026-12-29 09:30"),
        ("on a holiday", CHRISTMAS, "2026-12-25 10:00", 1, "2026-12-29 09:01"),
        ("another zone", NEW_YORK, "2026-03-02 08:00", 60, "2026-03-02 10:00"),
        # The clocks go forward on 8 March 2026 in New York, outside the hours.
        ("over a change at night", NEW_YORK, "2026-03-06 16:30", 60, "2026-03-09 09:30"),
        # In Berlin at 2:00 on 29 March it is 3:00: of four hours on the clock three pass.
        ("the short night", BERLIN_NIGHTS, "2026-03-29 01:00", 180, "2026-03-29 05:00"),
        ("past the short night", BERLIN_NIGHTS, "2026-03-29 01:00", 181, "2026-03-30 01:01"),
        # At 3:00 on 25 October it is 2:00 again: five hours pass.
        ("the long night", BERLIN_NIGHTS, "2026-10-25 01:00", 300, "2026-10-25 05:00"),
        ("past the long night", BERLIN_NIGHTS, "2026-10-25 01:00", 301, "2026-10-26 01:01"),
        ("around the clock", AROUND_THE_CLOCK, "2026-03-28 23:00", 120, "2026-03-29 01:00"),
        ("a day of 23 hours", AROUND_THE_CLOCK, "2026-03-29 00:00", 1440, "2026-03-30 01:00"),
        ("a day of 25 hours", AROUND_THE_CLOCK, "2026-10-25 00:00", 1440, "2026-10-25 23:00"),
    ],
)
def test_known_answers(name, open_hours, start, minutes, due):
    began = datetime.fromisoformat(start).replace(tzinfo=open_hours.zone)
    expected = datetime.fromisoformat(due).replace(tzinfo=open_hours.zone)
    found = after_business_time(began, timedelta(minutes=minutes), open_hours)
    # Two times of one zone are compared by the clock on the wall; in UTC by what passed.
    assert found == expected.astimezone(UTC), name
    assert business_time_between(began, found, open_hours) == timedelta(minutes=minutes)


def test_an_opening_that_the_clocks_skip_is_the_moment_after():
    early = hours("Europe/Berlin", EVERY_DAY, time(2, 30), time(4))
    opens, closes = early.window(date(2026, 3, 29))
    assert opens == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert closes == datetime(2026, 3, 29, 2, 0, tzinfo=UTC)
    # 2:30 until 3:00 falls out altogether.
    gone = hours("Europe/Berlin", EVERY_DAY, time(2, 10), time(2, 50))
    opens, closes = gone.window(date(2026, 3, 29))
    assert closes - opens == timedelta(minutes=40)


def test_nothing_passes_backwards_or_while_it_is_closed():
    evening = datetime(2026, 3, 2, 18, tzinfo=UTC)
    assert business_time_between(evening, evening + timedelta(hours=14), OFFICE) == timedelta(0)
    assert business_time_between(evening, evening - timedelta(days=9), OFFICE) == timedelta(0)


@pytest.mark.parametrize("length", [timedelta(0), timedelta(minutes=-1)])
def test_only_a_length_of_time_can_pass(length):
    with pytest.raises(ValueError, match="forward"):
        after_business_time(datetime(2026, 3, 2, tzinfo=UTC), length, OFFICE)


def test_hours_that_never_open_cannot_be():
    with pytest.raises(ValueError, match="day"):
        hours(days=())
    for closes in (time(9), time(8)):
        with pytest.raises(ValueError, match="end after"):
            hours(closes=closes)


ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns")
# Around the changes of the clocks, where mistakes hide.
DAYS = st.dates(date(2026, 3, 1), date(2026, 4, 10)) | st.dates(
    date(2026, 10, 1), date(2026, 11, 10)
)
STARTS = st.builds(datetime.combine, DAYS, st.times(), st.just(UTC))


@st.composite
def any_hours(draw) -> BusinessHours:
    opens, closes = sorted(draw(st.lists(st.integers(0, 95), min_size=2, max_size=2, unique=True)))
    ends = draw(st.booleans())
    return hours(
        draw(st.sampled_from(ZONES)),
        draw(st.sets(st.integers(0, 6), min_size=1)),
        time(opens // 4, opens % 4 * 15),
        time(0) if ends else time(closes // 4, closes % 4 * 15),
        draw(st.sets(st.dates(date(2026, 3, 1), date(2026, 11, 20)), max_size=5)),
    )


def minute_by_minute(start, minutes, open_hours):
    """The same, counted on a clock: when so many open minutes are over."""
    moment, passed = start, 0
    while passed < minutes:
        local = moment.astimezone(open_hours.zone)
        is_open = open_hours.opens_at <= local.time() and (
            open_hours.closes_at == time(0) or local.time() < open_hours.closes_at
        )
        day = local.date()
        if is_open and day.weekday() in open_hours.days and day not in open_hours.holidays:
            passed += 1
        moment += timedelta(minutes=1)
    return moment


@given(open_hours=any_hours(), start=STARTS, minutes=st.integers(1, 400))
@settings(max_examples=60, deadline=None)
def test_it_is_what_a_clock_counts_minute_by_minute(open_hours, start, minutes):
    began = start.replace(second=0, microsecond=0)
    edges = (open_hours.opens_at, open_hours.closes_at)
    # A clock shows an edge twice, or not at all, when it is changed just there.
    assume(all(edge == time(0) or edge >= time(4) for edge in edges))
    counted = minute_by_minute(began, minutes, open_hours)
    assert after_business_time(began, timedelta(minutes=minutes), open_hours) == counted


@given(
    open_hours=any_hours(),
    start=STARTS,
    first=st.timedeltas(timedelta(seconds=1), timedelta(days=3)),
    more=st.timedeltas(timedelta(seconds=1), timedelta(days=3)),
)
@settings(max_examples=200, deadline=None)
def test_time_adds_up_and_the_end_lies_in_the_hours(open_hours, start, first, more):
    half_way = after_business_time(start, first, open_hours)
    due = after_business_time(start, first + more, open_hours)
    assert start < half_way < due
    assert after_business_time(half_way, more, open_hours) == due
    assert business_time_between(start, due, open_hours) == first + more
    window = next(open_hours.windows_from(due - timedelta(microseconds=1)))
    assert window[0] <= due <= window[1]

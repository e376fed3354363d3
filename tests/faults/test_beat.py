"""Beat twice at once, and beat after hours of absence: each slot has its effect once."""

import time
from datetime import timedelta

import pytest
from celery.beat import PersistentScheduler
from celery.schedules import schedule

from config.celery import app
from tests.concurrency import eventually
from tests.faults import audit

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

TIMER_TASK = "task=leads.tasks.close_overdue_leads"
OVERDUE = """
    UPDATE leads_lead SET auto_close_alarm_at = now() - interval '1 hour',
        last_activity_at = now() - interval '30 days 1 hour'
    WHERE id = ANY (%s::uuid[])
"""


def absent(site, name, hours):
    """A beat that remembers having run everything so many hours ago, and nothing since."""
    scheduler = PersistentScheduler(app, schedule_filename=str(site.schedule(name)))
    for entry in scheduler.schedule.values():
        entry.last_run_at -= timedelta(hours=hours)
    scheduler.close()


def overdue_leads(site, ledger, count):
    ids = [ledger.lead()["id"] for _lead in range(count)]
    site.settle()
    site.tell(OVERDUE, ids)
    return ids


def are_lost(site, ids):
    lost = "SELECT count(*) FROM leads_lead WHERE status = 'lost' AND id = ANY (%s::uuid[])"
    return site.value(lost, ids) == len(ids)


def times_lost(site, ids):
    """How often each was closed: the distinct numbers."""
    return site.rows(
        "SELECT DISTINCT count(*) FROM leads_interaction WHERE type = 'status_change'"
        " AND payload ->> 'move' = 'lose' AND lead_id = ANY (%s::uuid[]) GROUP BY lead_id",
        ids,
    )


def test_two_beats_at_once_close_each_lead_once_and_send_each_upload_once(site, ledger):
    ids = overdue_leads(site, ledger, 40)
    timers_before = site.log("worker").count(TIMER_TASK)
    began = site.value("SELECT now()")
    site.end("beat")
    try:
        for name in ("beat", "second-beat"):
            absent(site, name, hours=1)
            site.start_beat(name)
        with ledger.under_load(clients=2):
            eventually(lambda: are_lost(site, ids), "the timers", 40)
            time.sleep(6)
        site.settle()
    finally:
        site.end("second-beat")
    assert site.log("worker").count(TIMER_TASK) - timers_before == 2
    assert times_lost(site, ids) == [(1,)]
    newest = "SELECT max(attempts) FROM conversions_upload WHERE created_at > %s"
    assert site.value(newest, began) == 1
    audit.check(site, ledger)


def test_after_hours_without_beat_every_job_runs_once_and_not_once_per_slot(site, ledger):
    ids = overdue_leads(site, ledger, 5)
    waits = ledger.lead()["id"]
    site.tell(
        "UPDATE leads_lead SET last_activity_at = now() - interval '29 days 23 hours',"
        " auto_close_alarm_at = now() + interval '1 hour' WHERE id = %s",
        waits,
    )
    site.end("beat")
    timers_before = site.log("worker").count(TIMER_TASK)
    absent(site, "beat", hours=7)
    site.start_beat()
    eventually(lambda: are_lost(site, ids), "the timers", 40)
    time.sleep(6)
    assert site.log("worker").count(TIMER_TASK) - timers_before == 1
    assert times_lost(site, ids) == [(1,)]
    assert site.value("SELECT status FROM leads_lead WHERE id = %s", waits) == "new"
    site.settle()
    audit.check(site, ledger)


def test_no_job_is_bound_to_a_time_of_the_day():
    """Intervals know no summer time: there is no hour that comes twice or never."""
    assert app.conf.beat_schedule
    for name, job in app.conf.beat_schedule.items():
        every = job["schedule"]
        assert isinstance(every, (int, float)) or type(every) is schedule, name
    assert app.conf.enable_utc

"""When timers are looked at, who waits is given, mail is sent, heat and metrics are kept true."""

import time
from uuid import UUID

from celery import shared_task

from integrations.nudges import nudge, taken
from leads import sweeping
from leads.assigning import auto_assignment
from leads.bulk import job_runs
from leads.diary import reminders
from leads.measuring import metrics_rollup
from leads.merges import duplicates
from leads.messaging import email_delivery, notifications
from leads.responding import response_alerts
from leads.scoring import rescoring

# Well within what a task may take; what is left then is the next round's.
RESCORING_SECONDS = 60.0
COUNTING_SECONDS = 45.0
JOB_SECONDS = 45.0
SCANNING_SECONDS = 20.0


@shared_task
def close_overdue_leads() -> None:
    """Close what nobody worked in time."""
    sweeping.close_overdue()


@shared_task
def assign_waiting_leads() -> None:
    """Wake one round for each workspace where leads wait, so that none delays another."""
    for workspace_id in auto_assignment.workspaces_with_waiting():
        nudge(assign_waiting_in.name, str(workspace_id))


@shared_task
def assign_waiting_in(workspace_id: str) -> None:
    """Give what can be given in one workspace."""
    taken(assign_waiting_in.name, workspace_id)
    auto_assignment.drain(UUID(workspace_id))


@shared_task
def remind_of_tasks() -> None:
    """Tell people of the tasks whose reminder is due."""
    reminders.remind_due()


@shared_task
def alert_of_responses() -> None:
    """Warn of first responses that are due soon, and tell of those that were missed."""
    response_alerts.alert()


@shared_task
def send_due_mails() -> None:
    """Send portion after portion of the mail that is due."""
    taken(send_due_mails.name)
    while notifications.send_due_mails() == notifications.MAILS_AT_ONCE:
        pass


@shared_task
def send_queued_messages() -> None:
    """Send portion after portion of the e-mails that wait."""
    taken(send_queued_messages.name)
    while email_delivery.send_due() == email_delivery.AT_ONCE:
        pass


@shared_task
def look_for_duplicates() -> None:
    """Look through the contacts that were there before anybody looked; the rest is the next's."""
    until = time.monotonic() + SCANNING_SECONDS
    while duplicates.scan_on() and time.monotonic() < until:
        pass


@shared_task
def rescore_heat() -> None:
    """Score the leads that wait for it."""
    taken(rescore_heat.name)
    rescoring.work_off(until=time.monotonic() + RESCORING_SECONDS)


@shared_task
def decay_heat() -> None:
    """Where points decay, have them scored again once a day."""
    rescoring.request_decay()


@shared_task
def repair_heat() -> None:
    """Have whatever went wrong put right."""
    rescoring.request_repair()


@shared_task
def recount_metrics() -> None:
    """Count the days anew whose leads have changed."""
    metrics_rollup.recount(until=time.monotonic() + COUNTING_SECONDS)


@shared_task
def request_recount_of_all() -> None:
    """Once a day, whatever went wrong with counted days is put right."""
    metrics_rollup.mark_all()


@shared_task
def run_jobs() -> None:
    """Work on what was asked for many leads; what is left is the next worker's."""
    taken(run_jobs.name)
    until = time.monotonic() + JOB_SECONDS
    job_runs.work_off(until=until)
    if time.monotonic() > until:
        nudge(run_jobs.name)


@shared_task
def forget_finished_jobs() -> None:
    """Drop what ended months ago."""
    while job_runs.forget_finished():
        pass

"""Celery: it carries "wake up and drain"; the work itself waits in PostgreSQL."""

import logging
import logging.config
import os
import time
from collections.abc import Mapping
from contextvars import Token
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import setup_logging, task_postrun, task_prerun, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

HARD_LIMIT_SECONDS = 120

logger = logging.getLogger(__name__)

app = Celery("leadloop")
app.config_from_object(
    {
        "broker_connection_retry_on_startup": True,
        # For as long as it takes: a worker that gave up would have to be started by hand.
        "broker_connection_max_retries": None,
        # A full Redis answers with an error that ends a worker otherwise.
        "broker_channel_error_retry": True,
        # A publisher must not hang when Redis is gone: beat finds what a lost nudge missed.
        "broker_transport_options": {
            "visibility_timeout": 2 * HARD_LIMIT_SECONDS,
            "socket_connect_timeout": 2,
            "socket_timeout": 5,
            "max_retries": 1,
        },
        "task_publish_retry": False,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_time_limit": HARD_LIMIT_SECONDS,
        "task_soft_time_limit": HARD_LIMIT_SECONDS - 15,
        "worker_prefetch_multiplier": 1,
        "worker_send_task_events": False,
        "beat_schedule": {
            "drain-outbox": {
                "task": "integrations.tasks.drain_outbox",
                "schedule": 5.0,
                "options": {"expires": 10},
            },
            "forget-old-answers": {
                "task": "accounts.tasks.forget_old_answers",
                "schedule": 3600.0,
                "options": {"expires": 3600},
            },
            "forget-expired-sessions": {
                "task": "accounts.tasks.forget_expired_sessions",
                "schedule": 3600.0,
                "options": {"expires": 3600},
            },
            "forget-processed-events": {
                "task": "integrations.tasks.forget_processed_events",
                "schedule": 3600.0,
                "options": {"expires": 3600},
            },
            "heartbeat": {
                "task": "accounts.tasks.note_heartbeat",
                "schedule": 15.0,
                "options": {"expires": 15},
            },
            "close-overdue-leads": {
                "task": "leads.tasks.close_overdue_leads",
                "schedule": 60.0,
                "options": {"expires": 120},
            },
            "assign-waiting-leads": {
                "task": "leads.tasks.assign_waiting_leads",
                "schedule": 30.0,
                "options": {"expires": 60},
            },
            "handle-inbox": {
                "task": "integrations.tasks.handle_inbox",
                "schedule": 10.0,
                "options": {"expires": 20},
            },
            "send-queued-messages": {
                "task": "leads.tasks.send_queued_messages",
                "schedule": 15.0,
                "options": {"expires": 30},
            },
            # The nudge of a new job may be lost, and a worker may die over one.
            "run-jobs": {
                "task": "leads.tasks.run_jobs",
                "schedule": 10.0,
                "options": {"expires": 20},
            },
            "forget-finished-jobs": {
                "task": "leads.tasks.forget_finished_jobs",
                "schedule": 86400.0,
                "options": {"expires": 86400},
            },
            "look-for-duplicates": {
                "task": "leads.tasks.look_for_duplicates",
                "schedule": 60.0,
                "options": {"expires": 60},
            },
            "remind-of-tasks": {
                "task": "leads.tasks.remind_of_tasks",
                "schedule": 60.0,
                "options": {"expires": 120},
            },
            "alert-of-responses": {
                "task": "leads.tasks.alert_of_responses",
                "schedule": 60.0,
                "options": {"expires": 120},
            },
            # The nudge of a new mail may be lost, and a refused one is tried again later.
            "send-due-mails": {
                "task": "leads.tasks.send_due_mails",
                "schedule": 60.0,
                "options": {"expires": 120},
            },
            "recount-metrics": {
                "task": "leads.tasks.recount_metrics",
                "schedule": 60.0,
                "options": {"expires": 60},
            },
            "request-recount-of-all": {
                "task": "leads.tasks.request_recount_of_all",
                "schedule": 86400.0,
                "options": {"expires": 86400},
            },
            "rescore-heat": {
                "task": "leads.tasks.rescore_heat",
                "schedule": 10.0,
                "options": {"expires": 20},
            },
            # Days begin at midnight in UTC; the first round after it asks.
            "decay-heat": {
                "task": "leads.tasks.decay_heat",
                "schedule": 600.0,
                "options": {"expires": 600},
            },
            "repair-heat": {
                "task": "leads.tasks.repair_heat",
                "schedule": 86400.0,
                "options": {"expires": 86400},
            },
            # Marks of changed leads are written by triggers, which can wake nobody.
            "rebuild-changed-lists": {
                "task": "campaigns.tasks.rebuild_changed_lists",
                "schedule": 5.0,
                "options": {"expires": 10},
            },
            "rebuild-due-lists": {
                "task": "campaigns.tasks.rebuild_due_lists",
                "schedule": 30.0,
                "options": {"expires": 60},
            },
            "count-dynamic-lists": {
                "task": "campaigns.tasks.count_dynamic_lists",
                "schedule": 300.0,
                "options": {"expires": 300},
            },
            "work-off-imports": {
                "task": "campaigns.tasks.work_off_imports",
                "schedule": 10.0,
                "options": {"expires": 20},
            },
            "forget-imported-rows": {
                "task": "campaigns.tasks.forget_imported_rows",
                "schedule": 3600.0,
                "options": {"expires": 3600},
            },
            # The nudge of a new export may be lost, and a worker may die over one.
            "make-exports": {
                "task": "campaigns.tasks.make_exports",
                "schedule": 10.0,
                "options": {"expires": 20},
            },
            "delete-expired-exports": {
                "task": "campaigns.tasks.delete_expired_exports",
                "schedule": 3600.0,
                "options": {"expires": 3600},
            },
            "deliver-uploads": {
                "task": "conversions.tasks.deliver_due_uploads",
                "schedule": 5.0,
                "options": {"expires": 10},
            },
        },
    }
)


@app.on_configure.connect
def _use_django_settings(sender: Celery, **_kwargs: object) -> None:
    from django.conf import settings

    sender.conf.update(broker_url=settings.REDIS_URL)


app.autodiscover_tasks()


@setup_logging.connect
def _use_our_logging(**_kwargs: object) -> None:
    """Having this receiver keeps Celery from handlers of its own, which mask nothing."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
def _refuse_privileged_login(**_kwargs: object) -> None:
    from django.core.exceptions import ImproperlyConfigured

    from config.database_login import refuse_privileged

    try:
        refuse_privileged()
    except ImproperlyConfigured as error:
        # Celery logs what a receiver raises, and goes on; this ends the worker.
        raise SystemExit(str(error)) from error


# Of the tasks under way in this process, by id: when it began, and what logs were bound to before.
_under_way: dict[str, tuple[float, Mapping[str, Token[Any]]]] = {}


@task_prerun.connect
def _note_start(task_id: str, task: Task, **_kwargs: object) -> None:
    bound = structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)
    _under_way[task_id] = (time.perf_counter(), bound)


@task_postrun.connect
def _log_end(task_id: str, state: str | None = None, **_kwargs: object) -> None:
    started, bound = _under_way.pop(task_id)
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    logger.info("task", extra={"duration_ms": milliseconds, "state": state or ""})
    structlog.contextvars.reset_contextvars(**bound)

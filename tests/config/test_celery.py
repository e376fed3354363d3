"""What the queue must be set to, so that a killed worker or a full Redis loses nothing."""

import pytest

from config.celery import HARD_LIMIT_SECONDS, app


def test_a_task_is_acknowledged_when_it_is_done_and_goes_back_when_its_worker_dies():
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.task_ignore_result
    assert app.conf.broker_transport_options["visibility_timeout"] == 2 * HARD_LIMIT_SECONDS
    assert app.conf.task_time_limit == HARD_LIMIT_SECONDS > app.conf.task_soft_time_limit


def test_a_worker_waits_for_redis_for_ever_and_survives_a_full_one():
    assert app.conf.broker_connection_max_retries is None
    assert app.conf.broker_channel_error_retry


@pytest.fixture(scope="module")
def schedule():
    app.loader.import_default_modules()
    return app.conf.beat_schedule


def test_everything_beat_asks_for_is_a_task(schedule):
    assert {entry["task"] for entry in schedule.values()} <= set(app.tasks)


def test_every_round_of_leads_is_asked_for(schedule):
    nudged = {"leads.tasks.assign_waiting_in"}
    rounds = {name for name in app.tasks if name.startswith("leads.tasks.")}
    assert rounds - nudged <= {entry["task"] for entry in schedule.values()}


def test_rounds_nobody_took_do_not_pile_up(schedule):
    for name, entry in schedule.items():
        assert 0 < entry["options"]["expires"] <= max(2 * entry["schedule"], 10), name

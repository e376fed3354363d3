"""Killed workers and emptied queues: nothing is lost, nothing is told twice."""

import pytest

from integrations.models import OutboxEvent
from tests.concurrency import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


def accepted(loop, count):
    rows = loop.uploads()
    return len(rows) == count and all(row.status == "accepted" for row in rows)


def test_a_worker_killed_in_the_middle_of_an_upload_leaves_one_effect(loop, start):
    loop.server.delay = 3
    worker = start("worker")
    start("beat")
    loop.complete(loop.lead())
    eventually(lambda: loop.server.effects, "the platform taking the event")
    worker.kill()
    assert loop.upload().status == "sending"
    loop.server.delay = 0
    start("worker")
    eventually(lambda: accepted(loop, 1), "the upload ending accepted", 60)
    upload = loop.upload()
    assert upload.attempts == 2
    assert [row.outcome for row in upload.attempt_log.all()] == ["interrupted", "accepted"]
    assert len(loop.server.effects) == 1
    assert len(loop.server.uploads()) == 2


def test_emptying_redis_at_any_moment_loses_nothing(loop, start, broker):
    for number in range(3):
        loop.complete(loop.lead(f"before{number}@example.com"))
    broker.flushall()
    start("worker")
    start("beat")
    for number in range(12):
        loop.complete(loop.lead(f"during{number}@example.com"))
        broker.flushall()
    eventually(lambda: accepted(loop, 15), "fifteen accepted uploads", 60)
    assert len(loop.server.effects) == 15
    with loop.world.scope():
        assert not OutboxEvent.objects.filter(processed_at__isnull=True).exists()

"""The outbox: everything is handed on once, together where it can be, and poison stops nobody."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.ids import new_id
from accounts.tenancy import scope
from integrations import outbox
from integrations.models import OutboxEvent


@pytest.fixture
def heard(monkeypatch):
    """What a consumer of `lead.` was given, call by call; `poison` makes it fail."""
    calls = []

    def consume(events):
        if any(event.payload.get("poison") for event in events):
            raise ValueError("cannot be digested")
        calls.append([event.payload["n"] for event in events])

    monkeypatch.setattr(outbox, "_consumers", [])
    outbox.register_consumer("lead.", consume)
    return calls


@pytest.fixture
def emit(world):
    def make(number, *, where=None, type="lead.created", **payload):
        with scope((where or world.home).pk):
            outbox.emit(
                workspace_id=(where or world.home).pk,
                type=type,
                subject_id=new_id(),
                payload={"n": number, **payload},
            )

    return make


def events(world):
    with world.scope():
        return list(OutboxEvent.objects.order_by("id"))


def test_what_waits_of_a_workspace_is_handed_on_together_in_order(world, emit, heard):
    for number in range(3):
        emit(number)
    emit(7, type="contact.updated")
    emit(9, where=world.abroad)
    assert outbox.drain() == 5
    assert heard == [[0, 1, 2], [9]]
    assert all(event.processed_at and event.attempts == 1 for event in events(world))
    assert outbox.drain() == 0


def test_a_poisoned_event_fails_alone_and_is_set_aside_in_the_end(world, emit, heard):
    emit(1)
    emit(2, poison=True)
    emit(3)
    assert outbox.drain() == 3
    assert heard == [[1], [3]]
    good, poisoned, other = events(world)
    assert good.processed_at
    assert other.processed_at
    assert (poisoned.processed_at, poisoned.attempts) == (None, 1)
    assert "cannot be digested" in poisoned.last_error
    assert outbox.drain() == 0  # It waits for its next try.
    for _try in range(outbox.MAX_ATTEMPTS - 1):
        with time_machine.travel(events(world)[1].next_attempt_at, tick=True):
            outbox.drain()
    poisoned = events(world)[1]
    assert poisoned.attempts == outbox.MAX_ATTEMPTS
    assert poisoned.set_aside_at is not None
    with time_machine.travel(timezone.now() + outbox.FIRST_RETRY * 1000, tick=True):
        assert outbox.drain() == 0


def test_a_replayed_event_is_handed_on_once_its_cause_is_mended(world, emit, heard):
    emit(2, poison=True)
    outbox.drain()
    with world.scope():
        event = OutboxEvent.objects.get()
        OutboxEvent.objects.update(set_aside_at=timezone.now(), payload={"n": 2})
        outbox.replay(event)
    assert outbox.drain() == 1
    assert heard == [[2]]


def test_handing_on_many_takes_no_more_statements_than_a_few(world, emit, heard):
    for number in range(2):
        emit(number)
    few = statements(outbox.drain)
    for number in range(40):
        emit(number)
    assert statements(outbox.drain) == few


def statements(call):
    with CaptureQueriesContext(connection) as queries:
        call()
    return len(queries)


def test_a_consumer_that_registers_again_hears_each_event_once(heard, emit):
    ((_prefix, consumer),) = outbox._consumers
    outbox.register_consumer("lead.", consumer)
    emit(1)
    outbox.drain()
    assert heard == [[1]]

"""How long the outbox keeps what went through it."""

from datetime import timedelta
from unittest.mock import patch
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.ids import first_id_at
from accounts.pruning import delete_batch
from accounts.tenancy import system_scope
from integrations import outbox, tasks
from integrations.models import OutboxEvent

LONG_AGO = outbox.KEPT_FOR + timedelta(days=1)


def event(workspace, *, made: timedelta, number: int = 0, **fields) -> OutboxEvent:
    """One that was written `made` ago; ids tell the time, so it has one of that time."""
    at = timezone.now() - made
    pk = first_id_at(at).int + number
    return OutboxEvent.objects.create(
        id=UUID(int=pk),
        workspace=workspace,
        type="lead.created",
        subject_id=workspace.pk,
        payload={},
        created_at=at,
        **fields,
    )


@pytest.fixture
def kept(world):
    now = timezone.now()
    with system_scope():
        return {
            event(world.home, made=timedelta(days=1), processed_at=now),
            event(world.home, made=LONG_AGO, number=1),
            event(world.home, made=LONG_AGO, number=2, set_aside_at=now),
            event(world.home, made=LONG_AGO, number=3, processed_at=now),
        }


@pytest.fixture
def dropped(world):
    long_ago = timezone.now() - LONG_AGO
    with system_scope():
        for number in range(5):
            place = world.home if number % 2 else world.abroad
            event(place, made=LONG_AGO, number=10 + number, processed_at=long_ago)


def stored() -> set[OutboxEvent]:
    with system_scope():
        return set(OutboxEvent.objects.all())


def test_what_was_handed_on_a_month_ago_goes_and_everything_else_stays(kept, dropped):
    tasks.forget_processed_events()
    assert stored() == kept


def test_it_goes_batch_by_batch(dropped):
    with patch.object(delete_batch, "__kwdefaults__", {"batch": 2}):
        tasks.forget_processed_events()
    assert stored() == set()

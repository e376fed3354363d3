"""Results reported at the same moment are logged together, and each as if it were alone."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Event
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection

from accounts.permissions import PermissionRefused
from accounts.problems import ProblemError
from conversions import gathering, recording
from conversions.gathering import log_gathered
from conversions.models import Conversion
from conversions.recording import ConversionInput
from integrations.models import OutboxEvent
from leads.intake import LeadInput, receive
from leads.models import Contact, Interaction
from tests.api import with_key
from tests.concurrency import at_once, eventually

CALLERS = 12


@pytest.fixture
def world(committed_world):
    return committed_world


@pytest.fixture
def contacts(world):
    with world.scope():
        people = [LeadInput(email=f"p{n}@example.com") for n in range(CALLERS)]
        return [receive(one, actor=world.actor()).lead.contact_id for one in people]


def reported(contact_id, **fields):
    return ConversionInput(
        **{
            "contact_ref": str(contact_id),
            "type": "sale",
            "converted_by": "shop",
            "value": Decimal(5),
        }
        | fields
    )


def all_waiting(inputs, actor, *, together=recording.log_many):
    """The outcomes of callers of whom the first logs until all others wait; and the group sizes."""
    go, sizes = Event(), []

    def first(data, *, actor):
        go.wait(30)
        return recording.log_conversion(data, actor=actor)

    def counted(rows, *, actor):
        sizes.append(len(rows))
        return together(rows, actor=actor)

    def call(data):
        try:
            return log_gathered(data, actor=actor)
        except Exception as error:
            return error
        finally:
            connection.close()

    group = gathering._group_of(actor)
    with (
        patch.object(gathering, "log_conversion", first),
        patch.object(gathering, "log_many", counted),
        ThreadPoolExecutor(len(inputs)) as pool,
    ):
        calls = [pool.submit(call, inputs[0])]
        eventually(lambda: group.writing.locked() and not group.waiting, "the first to begin")
        calls += [pool.submit(call, data) for data in inputs[1:]]
        eventually(lambda: len(group.waiting) == len(inputs) - 1, "all others to wait")
        go.set()
        return [one.result() for one in calls], sizes


def test_those_that_wait_are_logged_in_one_go(world, contacts):
    inputs = [reported(one) for one in contacts]
    outcomes, sizes = all_waiting(inputs, world.actor())
    assert sizes == [CALLERS - 1]
    assert [str(one.conversion.contact_id) for one in outcomes] == [
        one.contact_ref for one in inputs
    ]
    with world.scope():
        assert Conversion.objects.count() == CALLERS
        assert set(Contact.objects.values_list("conversion_count", "lifetime_value")) == {(1, 5)}
        linked = Interaction.objects.filter(payload__step="conversion")
        assert linked.count() == CALLERS
        assert OutboxEvent.objects.filter(type="conversion.logged").count() == CALLERS


def test_a_refused_one_is_refused_alone(world, contacts):
    inputs = [reported(one) for one in contacts]
    inputs[3] = reported(contacts[3], type="Not A Type")
    inputs[5] = reported("999999999")
    outcomes, _sizes = all_waiting(inputs, world.actor())
    refused = [n for n, one in enumerate(outcomes) if isinstance(one, ProblemError)]
    assert refused == [3, 5]
    with world.scope():
        assert Conversion.objects.count() == CALLERS - 2


def test_one_reference_reported_twice_at_once_is_one_conversion(world, contacts):
    inputs = [reported(contacts[0], external_ref="order-1") for _n in range(4)]
    outcomes, _sizes = all_waiting(inputs, world.actor())
    assert [one.created for one in outcomes].count(True) == 1
    assert len({one.conversion.pk for one in outcomes}) == 1
    with world.scope():
        assert Contact.objects.get(pk=contacts[0]).conversion_count == 1


def test_a_group_that_fails_is_logged_one_by_one(world, contacts):
    def broken(rows, *, actor):
        raise OperationalError("deadlock detected")

    inputs = [reported(one) for one in contacts]
    outcomes, sizes = all_waiting(inputs, world.actor(), together=broken)
    assert sizes == [CALLERS - 1]
    assert all(one.created for one in outcomes)
    with world.scope():
        assert Conversion.objects.count() == CALLERS


def test_callers_of_two_workspaces_or_with_other_rights_never_share_a_group(world):
    actors = [
        world.actor(),
        world.actor("manager"),
        world.actor("rep"),
        world.stranger_actor(),
        world.key_actor(),
        world.key_actor(),
    ]
    groups = [gathering._group_of(actor) for actor in actors]
    assert len({id(group) for group in groups}) == len(actors)
    assert gathering._group_of(world.actor()) is groups[0]


def test_a_viewer_and_a_stranger_log_nothing(world, contacts):
    with pytest.raises(PermissionRefused):
        log_gathered(reported(contacts[0]), actor=world.actor("viewer"))
    with pytest.raises(ProblemError, match="no contact"):
        log_gathered(reported(contacts[0]), actor=world.stranger_actor())
    with world.scope():
        assert not Conversion.objects.exists()


def test_parallel_posts_are_all_answered_after_their_own_commit(world, contacts):
    key = world.key()

    def post(n):
        body = {"contact_id": str(contacts[n]), "conversion_type": "sale", "converted_by": "x"}
        headers = {"Idempotency_Key": f"once-{n}"} if n % 2 else {}
        answer = with_key(key, **headers).post("conversions/log/", body)
        with world.scope():
            assert Conversion.objects.filter(pk=answer.json()["id"]).exists()
        return answer.status_code

    assert set(at_once(post, CALLERS)) == {201}

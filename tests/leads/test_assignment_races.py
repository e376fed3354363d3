"""Two hundred leads at once from twenty threads: none twice, none skipped, evenly, within caps."""

from collections import Counter
from itertools import chain

import pytest

from accounts.models import Membership, User
from accounts.permissions import Role
from integrations import outbox
from integrations.models import OutboxEvent
from leads.assigning import assignment, assignment_policy, auto_assignment, duty
from leads.intake import LeadInput, receive
from leads.models import Interaction, Lead, WaitingLead
from tests.concurrency import at_once

THREADS = 20
LEADS = 200


@pytest.fixture
def world(committed_world):
    """Seven reps on duty, whose number does not divide that of the leads."""
    Membership.objects.filter(workspace=committed_world.home).update(on_duty=False)
    for n in range(7):
        user = User.objects.create_user(f"rep{n}@example.com", name=f"Rep {n}")
        Membership.objects.create(user=user, workspace=committed_world.home, role=Role.REP)
    return committed_world


def arrive(world, count=LEADS):
    with world.scope():
        return [
            receive(LeadInput(email=f"ann{n}@example.com"), actor=world.actor()).lead.pk
            for n in range(count)
        ]


def policy(world, **changes):
    with world.scope():
        assignment_policy.set_policy(actor=world.actor("manager"), changes=changes)


def split(ids):
    return [ids[index::THREADS] for index in range(THREADS)]


def give_all(world, portions):
    """Each thread asks for its own leads, one transaction each."""

    def give(index):
        waits = []
        for lead_id in portions[index]:
            with world.scope():
                waits.append(auto_assignment.auto_assign(lead_id, actor=world.actor()).waits)
        return waits

    return list(chain.from_iterable(at_once(give, THREADS)))


def shares(world):
    with world.scope():
        owners = Lead.objects.filter(assigned_to__isnull=False).values_list(
            "assigned_to", flat=True
        )
        return Counter(owners)


def each_once(world, ids):
    """Every lead was given once, with its entry and its news."""
    with world.scope():
        entries = Interaction.objects.filter(payload__step="assigned").values_list(
            "lead", flat=True
        )
        assert sorted(entries) == sorted(ids)
        news = OutboxEvent.objects.filter(type="lead.assigned").values_list("subject_id", flat=True)
        assert sorted(news) == sorted(ids)


@pytest.mark.parametrize("strategy", ["round_robin", "least_loaded"])
def test_leads_asked_for_at_once_are_spread_evenly(world, strategy):
    policy(world, strategy=strategy)
    ids = arrive(world)
    assert give_all(world, split(ids)) == [""] * LEADS
    each_once(world, ids)
    spread = shares(world)
    assert len(spread) == 7
    assert max(spread.values()) - min(spread.values()) <= 1


def test_the_same_leads_asked_for_by_everybody_are_given_once(world):
    ids = arrive(world, 20)
    assert give_all(world, [ids[index:] + ids[:index] for index in range(THREADS)]) == [""] * 400
    each_once(world, ids)


def test_caps_are_kept_and_the_rest_waits(world):
    policy(world, strategy="round_robin", default_cap=25)
    with world.scope():
        small = User.objects.get(email="rep0@example.com")
        duty.set_cap(small.pk, actor=world.actor("manager"), cap=3)
    ids = arrive(world)
    waits = give_all(world, split(ids))
    spread = shares(world)
    assert spread.pop(small.pk) == 3
    assert set(spread.values()) == {25}
    assert len([text for text in waits if text]) == LEADS - 3 - 6 * 25
    with world.scope():
        waiting = WaitingLead.objects.values_list("lead_id", flat=True)
        assert set(waiting) == set(
            Lead.objects.filter(assigned_to=None).values_list("pk", flat=True)
        )
    policy(world, default_cap=40)
    assert sum(at_once(lambda _: auto_assignment.drain(world.home.pk), 5)) == len(waiting)
    each_once(world, ids)
    spread = shares(world)
    assert spread.pop(small.pk) == 3
    assert max(spread.values()) <= 40


def test_arrivals_drained_by_many_workers_while_people_assign_too(world):
    policy(world, trigger="created")
    ids = arrive(world)
    with world.scope():
        chosen = User.objects.get(email="rep0@example.com").pk

    def work(index):
        if index < 3:
            for lead_id in ids[index::60]:
                with world.scope():
                    assignment.assign(lead_id, actor=world.actor(), user_id=chosen)
            return
        while outbox.drain(40):
            pass

    at_once(work, THREADS)
    outbox.drain()
    auto_assignment.drain(world.home.pk)
    with world.scope():
        assert not Lead.objects.filter(assigned_to=None).exists()
        assert not WaitingLead.objects.exists()
        given = Interaction.objects.filter(payload__automatic=True)
        # Never given by itself when somebody had been given it by hand, nor twice.
        assert given.exclude(payload__from=None).count() == 0
        assert len(set(given.values_list("lead", flat=True))) == given.count()

"""Many at once on the same person or the same lead."""

from threading import Barrier

import pytest

from integrations.models import OutboxEvent
from leads import lifecycle
from leads.errors import IllegalMove
from leads.intake import LeadInput, receive
from leads.models import Contact, Interaction, Lead, Touch
from tests.concurrency import at_once

THREADS = 20


@pytest.fixture
def world(committed_world):
    return committed_world


def new_lead(world):
    with world.scope():
        return receive(LeadInput(email="ann@example.com"), actor=world.actor()).lead


def test_parallel_posts_of_one_person_make_one_contact_and_one_open_lead(world):
    def post(index):
        with world.scope():
            data = LeadInput(
                email="  Ann@Example.com" if index % 2 else "ann@example.com",
                phone="(212) 555-0123",
                attribution={"gclid": f"click-{index}"},
            )
            return receive(data, actor=world.actor()).created

    created = at_once(post, THREADS)
    assert created.count(True) == 1
    with world.scope():
        assert Contact.objects.count() == 1
        lead = Lead.objects.get()
        assert lead.touches.count() == THREADS
        assert OutboxEvent.objects.filter(type="lead.created").count() == 1
        assert OutboxEvent.objects.filter(type="lead.arrived_again").count() == THREADS - 1


def test_email_and_phone_posts_of_one_person_still_make_one_open_lead(world):
    new_lead_input = LeadInput(email="ann@example.com", phone="+12125550123")
    with world.scope():
        first = receive(new_lead_input, actor=world.actor()).lead
        lifecycle.convert(first, actor=world.actor())

    def post(index):
        with world.scope():
            by = {"email": "ann@example.com"} if index % 2 else {"phone": "212-555-0123"}
            return receive(LeadInput(**by), actor=world.actor()).created

    created = at_once(post, THREADS)
    assert created.count(True) == 1
    with world.scope():
        assert Contact.objects.count() == 1
        assert Lead.objects.open().count() == 1


def test_many_threads_moving_one_lead_leave_one_linear_history(world):
    lead = new_lead(world)
    verbs = [
        lambda: lifecycle.log_contact(lead.pk, actor=world.actor(), method="call"),
        lambda: lifecycle.converse(lead.pk, actor=world.actor()),
        lambda: lifecycle.qualify(lead.pk, actor=world.actor()),
        lambda: lifecycle.complete(lead.pk, actor=world.actor()),
        lambda: lifecycle.lose(
            lead.pk, actor=world.actor(), loss_reason="price", unqualified_reason="spam"
        ),
        lambda: lifecycle.reopen(lead.pk, actor=world.actor()),
    ]

    def move(index):
        try:
            with world.scope():
                return verbs[index % len(verbs)]().status
        except IllegalMove as error:
            return error

    results = at_once(move, THREADS)
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, IllegalMove)]
    with world.scope():
        # In the order they were written: the primary key is ordered by time only to a millisecond
        # across threads, while the chain itself shows the one order that fits.
        steps = [
            (row.payload["from"], row.payload["to"])
            for row in Interaction.objects.filter(lead=lead, type="status_change")
        ]
        final = Lead.objects.get(pk=lead.pk).status
        assert walk(steps, "new", final), steps
        moves = OutboxEvent.objects.filter(subject_id=lead.pk, payload__change__has_key="to")
        assert moves.exclude(type="lead.assigned").count() == len(steps)


def walk(steps, start, end):
    """Whether all steps can be put one behind the other from start to end."""
    if not steps:
        return start == end
    return any(
        walk(steps[:index] + steps[index + 1 :], step[1], end)
        for index, step in enumerate(steps)
        if step[0] == start
    )


def test_of_two_conflicting_moves_one_wins_and_the_other_is_refused(world):
    lead = new_lead(world)
    with world.scope():
        lifecycle.qualify(lead, actor=world.actor())

    def move(index):
        try:
            with world.scope():
                if index:
                    return lifecycle.complete(lead.pk, actor=world.actor()).status
                return lifecycle.lose(lead.pk, actor=world.actor(), loss_reason="price").status
        except IllegalMove:
            return "refused"

    results = at_once(move, 2)
    assert sorted(results) in (["lost", "refused"], ["completed", "refused"])
    with world.scope():
        assert Lead.objects.get(pk=lead.pk).status in results


def test_rows_that_refer_to_a_lead_commit_while_it_is_held(world):
    """A mover's lock must not wait for the key checks of others, or they deadlock."""
    lead = new_lead(world)

    def refer(index):
        with world.scope():
            if index == 0:
                lifecycle.qualify(lead.pk, actor=world.actor())
                barrier.wait(timeout=20)
                barrier.wait(timeout=20)
                return "moved"
            barrier.wait(timeout=20)
            Touch.objects.create(
                workspace=world.home, lead_id=lead.pk, source="api", at=lead.created_at
            )
        # Committed, key check and all, while the mover still holds its lock.
        barrier.wait(timeout=20)
        return "referred"

    barrier = Barrier(2)
    assert at_once(refer, 2) == ["moved", "referred"]


def test_twenty_double_clicks_make_one_move(world):
    lead = new_lead(world)

    def click(_index):
        with world.scope():
            return lifecycle.qualify(lead.pk, actor=world.actor()).status

    assert at_once(click, THREADS) == ["qualified"] * THREADS
    with world.scope():
        assert Interaction.objects.filter(lead=lead, type="status_change").count() == 1

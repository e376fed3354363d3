"""Alerts of first responses: before one is missed, and when it was."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.models import Membership
from leads import lifecycle
from leads.assigning.assignment import assign
from leads.intake import LeadInput, receive
from leads.messaging import notifications
from leads.models import AssignmentMember, Lead, Notification
from leads.responding import response, response_alerts


@pytest.fixture
def arrive(world):
    """A lead that is to be answered so many minutes from now, of that owner."""
    with world.scope():
        response.save(actor=world.actor(), changes={"target_minutes": 120})

    def arrived(minutes, owner=None, name="ann"):
        with world.scope():
            lead = receive(
                LeadInput(first_name=name, email=f"{name}@x.example"), actor=world.actor()
            ).lead
            if owner:
                assign(lead, actor=world.actor(), user_id=owner.pk)
            due = timezone.now() + timedelta(minutes=minutes)
            Lead.objects.filter(pk=lead.pk).update(first_response_due_at=due)
        return lead

    return arrived


def told(world):
    with world.scope():
        rows = Notification.objects.exclude(kind="assigned").select_related("user")
        return sorted((row.user.name, row.kind) for row in rows)


def test_an_owner_is_warned_once_and_managers_of_nobodys_lead(world, arrive):
    arrive(30, world.rep)
    arrive(59, name="bob")
    arrive(90, world.rep, name="eve")
    assert (response_alerts.alert(), response_alerts.alert()) == (2, 0)
    warned = [(name, "response_soon") for name in ("Manager", "Owner", "Rep")]
    assert told(world) == warned


def test_what_was_missed_is_told_to_owner_and_managers_once(world, arrive):
    arrive(-1, world.rep)
    arrive(-60 * 24 * 4, name="long.ago")
    assert response_alerts.alert(batch=1) == 1
    assert response_alerts.alert() == 0
    assert told(world) == [(name, "response_missed") for name in ("Manager", "Owner", "Rep")]


def test_a_warned_lead_is_told_of_again_when_it_is_missed(world, arrive):
    arrive(30, world.manager)
    response_alerts.alert()
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        response_alerts.alert()
    assert told(world) == [
        ("Manager", "response_missed"),
        ("Manager", "response_soon"),
        ("Owner", "response_missed"),
    ]


def test_answered_moved_and_deleted_leads_alert_nobody(world, arrive):
    answered, moved, deleted = (arrive(30, world.rep, name=name) for name in ("a", "b", "c"))
    with world.scope():
        lifecycle.log_contact(answered, actor=world.actor(), method="call")
        lifecycle.qualify(moved, actor=world.actor())
        Lead.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    assert response_alerts.alert() == 0


def test_without_anybody_to_tell_nothing_loops(world, arrive):
    arrive(30)
    Membership.objects.update(is_active=False)
    assert response_alerts.alert() == 0


def test_the_alert_is_mailed_and_what_was_answered_since_is_not(world, arrive, settings):
    settings.SITE_URL = "https://leads.example"
    with world.scope():
        AssignmentMember.objects.create(workspace=world.home, user=world.owner, by_email=False)
    arrive(-1, name="bob")
    lead = arrive(30, world.rep)
    response_alerts.alert()
    with world.scope():
        Notification.objects.filter(kind="assigned").update(email_due_at=None)
        lifecycle.log_contact(lead, actor=world.actor("rep"), method="call")
    while notifications.send_due_mails():
        pass
    (missed,) = mail.outbox
    assert missed.to == ["manager@example.com"]
    assert missed.subject == "First response missed: bob"
    assert "was to be contacted by" in missed.body
    assert "https://leads.example/w/home/leads/" in missed.body


def test_the_alert_is_read_among_the_notifications(world, client, arrive):
    lead = arrive(30, world.rep)
    response_alerts.alert()
    client.force_login(world.rep)
    text = client.get("/w/home/notifications/").content.decode()
    assert "First response due" in text
    assert "Cold" in text
    with world.scope():
        lifecycle.log_contact(lead, actor=world.actor("rep"), method="call")
    assert "given in time." in client.get("/w/home/notifications/").content.decode()

"""Moves of a lead: the table, what each writes, and what it refuses."""

from unittest.mock import patch

import pytest
from django.db import IntegrityError

from accounts.permissions import PermissionRefused
from integrations.models import OutboxEvent
from leads import editing, lifecycle
from leads.errors import Conflict, IllegalMove, LeadError, LeadNotFound, StaleLead
from leads.intake import LeadInput, receive
from leads.models import Appointment, Interaction, Lead, Status


@pytest.fixture
def lead(world):
    with world.scope():
        yield receive(
            LeadInput(first_name="Ann", email="ann@example.com"), actor=world.actor()
        ).lead


def test_a_lead_walks_the_whole_way(world, lead):
    actor = world.actor("rep")
    lifecycle.enrich(lead, actor=actor, enrichment_data={"job_title": "CTO"})
    lifecycle.log_contact(lead, actor=actor, method="email", notes="Intro")
    lifecycle.converse(lead, actor=actor)
    lifecycle.qualify(lead, actor=actor)
    lifecycle.schedule(lead, actor=actor, scheduled_for=lead.created_at)
    lifecycle.complete(lead, actor=actor)
    done = lifecycle.convert(lead, actor=actor)

    moves = Interaction.objects.filter(lead=lead, type="status_change").order_by("created_at")
    assert [row.payload["to"] for row in moves] == [
        "enriched",
        "contacted",
        "conversing",
        "qualified",
        "scheduled",
        "completed",
        "converted",
    ]
    assert done.status == Status.CONVERTED
    assert done.contact.job_title == "CTO"
    assert done.contact_count == 1
    assert done.last_contact_method == "email"
    assert Appointment.objects.get(lead=lead).status == "attended"
    events = OutboxEvent.objects.filter(subject_id=lead.pk).order_by("created_at")
    assert [event.type for event in events] == [
        "lead.created",
        "lead.enriched",
        "lead.contacted",
        "lead.conversing",
        "lead.qualified",
        "lead.scheduled",
        "lead.completed",
        "lead.converted",
    ]


def test_the_same_move_twice_changes_nothing(world, lead):
    actor = world.actor()
    first = lifecycle.qualify(lead, actor=actor)
    second = lifecycle.qualify(lead, actor=actor)
    assert second.qualified_at == first.qualified_at
    assert Interaction.objects.filter(lead=lead, type="status_change").count() == 1
    assert OutboxEvent.objects.filter(type="lead.qualified").count() == 1


def test_an_illegal_move_says_what_is_allowed_and_changes_nothing(world, lead):
    with pytest.raises(IllegalMove) as refused:
        lifecycle.complete(lead, actor=world.actor())
    assert refused.value.status == 409
    assert refused.value.allowed == [
        "enrich",
        "contact",
        "converse",
        "qualify",
        "schedule",
        "convert",
        "lose",
    ]
    assert Lead.objects.get(pk=lead.pk).status == "new"


def test_losing_needs_reasons_the_workspace_knows(world, lead):
    actor = world.actor()
    with pytest.raises(LeadError) as refused:
        lifecycle.lose(lead, actor=actor, loss_reason="price")
    assert refused.value.errors[0][0] == "unqualified_reason"
    with pytest.raises(LeadError) as refused:
        lifecycle.lose(lead, actor=actor, loss_reason="nonsense", unqualified_reason="spam")
    assert refused.value.errors[0][:2] == ("loss_reason", "unknown_reason")
    lost = lifecycle.lose(lead, actor=actor, loss_reason="price", unqualified_reason="no_need")
    assert (lost.status, lost.loss_reason, lost.unqualified_reason) == ("lost", "price", "no_need")
    assert lost.auto_close_alarm_at is None


def test_a_qualified_lead_is_lost_without_an_unqualified_reason(world, lead):
    lifecycle.qualify(lead, actor=world.actor())
    lost = lifecycle.lose(lead, actor=world.actor(), loss_reason="price")
    assert lost.lost_from == "qualified"


@pytest.mark.parametrize("reached", ["contacted", "conversing", "qualified"])
def test_reopening_goes_back_to_where_it_was_lost_and_twice_is_once(world, lead, reached):
    actor = world.actor()
    verbs = {
        "contacted": lifecycle.mark_contacted,
        "conversing": lifecycle.converse,
        "qualified": lifecycle.qualify,
    }
    verbs[reached](lead, actor=actor)
    lifecycle.lose(lead, actor=actor, loss_reason="price", unqualified_reason="no_need")
    assert lifecycle.reopen(lead, actor=actor).status == reached
    again = lifecycle.reopen(lead, actor=actor)
    assert again.status == reached
    assert again.loss_reason == ""
    assert again.lost_at is None
    assert OutboxEvent.objects.filter(type="lead.reopened").count() == 1


def test_reopening_is_refused_while_the_contact_has_another_open_lead(world, lead):
    actor = world.actor()
    lifecycle.lose(lead, actor=actor, loss_reason="price", unqualified_reason="no_need")
    other = receive(LeadInput(email="ann@example.com"), actor=actor).lead
    assert other.pk != lead.pk
    with pytest.raises(Conflict) as refused:
        lifecycle.reopen(lead, actor=actor)
    assert refused.value.code == "open_lead_exists"
    assert Lead.objects.get(pk=lead.pk).status == "lost"


def test_an_inbound_contact_is_a_reply(world, lead):
    moved = lifecycle.log_contact(lead, actor=world.actor(), method="call", direction="inbound")
    assert (moved.status, moved.response_count, moved.contact_count) == ("conversing", 1, 0)


def test_contacts_after_the_first_only_count(world, lead):
    actor = world.actor()
    lifecycle.log_contact(lead, actor=actor, method="email")
    again = lifecycle.log_contact(lead, actor=actor, method="linkedin")
    assert (again.contact_count, again.last_contact_method) == (2, "linkedin")
    assert Interaction.objects.filter(lead=lead, type="status_change").count() == 1


def test_a_stale_page_is_told_so(world, lead):
    lifecycle.qualify(lead, actor=world.actor())
    with pytest.raises(StaleLead):
        lifecycle.mark_contacted(lead, actor=world.actor(), expected_status="new")


def test_a_viewer_is_refused_and_a_stranger_sees_nothing(world, lead):
    with pytest.raises(PermissionRefused):
        lifecycle.qualify(lead, actor=world.actor("viewer"))
    with pytest.raises(LeadNotFound):
        lifecycle.qualify(lead, actor=world.stranger_actor())
    assert Lead.objects.get(pk=lead.pk).status == "new"


def test_contacted_said_twice_is_said_once_but_news_with_it_counts(world, lead):
    actor = world.actor()
    lifecycle.mark_contacted(lead, actor=actor)
    assert lifecycle.mark_contacted(lead, actor=actor).contact_count == 1
    again = lifecycle.mark_contacted(lead, actor=actor, method="call", notes="Second try")
    assert (again.contact_count, again.last_contact_method) == (2, "call")


def test_the_same_enrichment_twice_is_stored_once(world, lead):
    for _again in range(2):
        lifecycle.enrich(lead, actor=world.actor(), enrichment_data={"size": 10})
    assert OutboxEvent.objects.filter(type="lead.enriched").count() == 1
    lifecycle.enrich(lead, actor=world.actor(), enrichment_data={"size": 11})
    assert OutboxEvent.objects.filter(type="lead.enriched").count() == 2


def test_a_person_cannot_be_emptied(world, lead):
    with pytest.raises(LeadError) as refused:
        editing.update(lead, actor=world.actor(), changes={"email": "", "first_name": ""})
    assert refused.value.errors[0][:2] == ("email", "required")


@pytest.mark.parametrize("bad", ["javascript:alert(1)", "data:text/html,x"])
def test_an_address_that_is_none_of_the_web_is_refused(world, lead, bad):
    for attempt in (
        lambda: editing.update(lead, actor=world.actor(), changes={"linkedin_url": bad}),
        lambda: receive(LeadInput(first_name="Eve", linkedin_url=bad), actor=world.actor()),
    ):
        with pytest.raises(LeadError) as refused:
            attempt()
        assert refused.value.errors[0][0] == "linkedin_url"
    for good in ("https://linkedin.com/in/ann", "linkedin.com/in/ann", "linkedin.com:443/in/ann"):
        editing.update(lead, actor=world.actor(), changes={"linkedin_url": good})


def test_a_scheduled_lead_that_was_lost_is_reopened_with_its_appointment(world, lead):
    actor = world.actor()
    for day in (1, 2):
        lifecycle.schedule(lead, actor=actor, scheduled_for=lead.created_at.replace(day=day))
    lifecycle.lose(lead, actor=actor, loss_reason="price", unqualified_reason="spam")
    assert not Appointment.objects.filter(status="scheduled").exists()
    assert lifecycle.reopen(lead, actor=actor).status == "scheduled"
    assert Appointment.objects.get(status="scheduled").scheduled_for.day == 2


def test_what_is_done_cannot_be_lost(world, lead):
    actor = world.actor("rep")
    lifecycle.qualify(lead, actor=actor)
    lifecycle.complete(lead, actor=actor)
    with pytest.raises(IllegalMove) as refused:
        lifecycle.lose(lead, actor=actor, loss_reason="no_contact")
    assert refused.value.extra["allowed"] == ["convert"]


def test_a_fault_of_the_database_is_not_taken_for_another_open_lead(world, lead):
    with (
        patch("leads.transitions.save_and_tell", side_effect=IntegrityError("something else")),
        pytest.raises(IntegrityError, match="something else"),
    ):
        lifecycle.qualify(lead, actor=world.actor("rep"))
    lead.refresh_from_db()
    assert lead.status == "new"

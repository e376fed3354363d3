"""The timers: who is closed, when, and that many at once is the same as one by one."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actors import system_actor
from accounts.workspaces import save_settings
from integrations.models import OutboxEvent
from leads import lifecycle, sweeping
from leads.intake import LeadInput, receive
from leads.models import Interaction, Lead, Status
from leads.transitions import MOVES, perform, perform_many

DAY = timedelta(days=1)


@pytest.fixture
def arrive(world):
    """Make a lead, some days ago, and work it."""

    def make(*verbs, days=0, email=None):
        with time_machine.travel(timezone.now() - days * DAY, tick=True), world.scope():
            name = email or f"p{Lead.objects.count()}@example.com"
            lead = receive(LeadInput(email=name), actor=world.actor()).lead
            for verb in verbs:
                verb(lead, actor=world.actor())
            return lead

    return make


def statuses(world):
    with world.scope():
        return list(Lead.objects.order_by("number").values_list("status", "loss_reason"))


def test_nobody_contacted_and_nobody_active_are_closed_with_their_reasons(world, arrive):
    arrive(days=31)
    arrive(lifecycle.qualify, days=31)
    arrive(days=29)
    arrive(lifecycle.mark_contacted, days=31)
    arrive(lifecycle.converse, days=31)
    assert sweeping.close_overdue() == 2
    assert statuses(world) == [
        ("lost", "no_contact"),
        ("lost", "lost_contact"),
        ("new", ""),
        ("contacted", ""),
        ("conversing", ""),
    ]
    with world.scope():
        first, second = Lead.objects.filter(status="lost").order_by("number")
        assert (first.unqualified_reason, second.unqualified_reason) == ("no_contact", "")
        assert first.auto_close_alarm_at is None
        entry = Interaction.objects.get(lead=first, type="status_change")
        assert (entry.via, entry.payload["loss_reason"]) == ("timer", "no_contact")
        assert OutboxEvent.objects.filter(type="lead.lost").count() == 2
    assert sweeping.close_overdue() == 0


def test_every_activity_moves_the_alarm(world, arrive):
    lead = arrive(lifecycle.qualify, days=31)
    with world.scope():
        lifecycle.log_contact(lead, actor=world.actor(), method="email")
    assert sweeping.close_overdue() == 0


def test_reopening_starts_the_timer_again(world, arrive):
    lead = arrive(lifecycle.qualify, days=31)
    sweeping.close_overdue()
    with world.scope():
        lifecycle.reopen(lead, actor=world.actor())
    assert sweeping.close_overdue() == 0
    assert statuses(world) == [("qualified", "")]


def test_a_workspace_chooses_its_own_patience_or_none(world, arrive):
    arrive(days=8)
    arrive(lifecycle.qualify, days=400)
    world.home.no_contact_days = 7
    world.home.lost_contact_days = None
    save_settings(world.home, ["no_contact_days", "lost_contact_days"])
    sweeping.close_overdue()
    assert statuses(world) == [("lost", "no_contact"), ("qualified", "")]


def test_another_setting_leaves_the_alarms_alone(world, arrive):
    lead = arrive(days=1)
    with world.scope():
        Lead.objects.filter(pk=lead.pk).update(auto_close_alarm_at=None)
        sweeping.follow_settings(world.home, ["name"])
        assert Lead.objects.get(pk=lead.pk).auto_close_alarm_at is None
        sweeping.follow_settings(world.home, ["no_contact_days"])
        assert Lead.objects.get(pk=lead.pk).auto_close_alarm_at is not None


def test_deleted_leads_and_other_workspaces_keep_their_own_clocks(world, arrive):
    lead = arrive(days=31)
    with world.scope():
        Lead.objects.filter(pk=lead.pk).update(deleted_at=timezone.now())
    assert sweeping.close_overdue() == 0


def snapshot(lead):
    ignored = {"id", "number", "contact_id", "created_at", "updated_at", "contact"}
    fields = {f.attname: getattr(lead, f.attname) for f in Lead._meta.concrete_fields}
    entry = Interaction.objects.get(lead=lead, type="status_change")
    event = OutboxEvent.objects.exclude(type="lead.created").get(subject_id=lead.pk)
    own = {"id", "number", "contact_id", "email", "created_at", "updated_at"}
    told = {k: v for k, v in event.payload["lead"].items() if k not in own}
    return (
        {name: value for name, value in fields.items() if name not in ignored},
        (entry.type, entry.at, entry.actor_label, entry.via, entry.payload),
        (event.type, told, event.payload["change"]),
    )


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(sorted(set(MOVES) - {"unschedule", "schedule"})),
    before=st.sampled_from([s.value for s in Status if s != Status.SCHEDULED]),
)
def test_moving_many_is_moving_each(world, name, before):
    """The property: `perform_many` leaves what `perform` leaves."""
    if before not in MOVES[name].sources:
        return
    moment = timezone.now()
    with time_machine.travel(moment, tick=False), world.scope():
        pair = [receive(LeadInput(first_name="Twin"), actor=world.actor()).lead for _ in "ab"]
        Lead.objects.filter(pk__in=[lead.pk for lead in pair]).update(
            status=before,
            lost_from="qualified" if before == "lost" else "",
            lost_at=moment if before == "lost" else None,
        )
        one, many = (Lead.objects.for_list().get(pk=lead.pk) for lead in pair)
        actor = system_actor(world.home, via="timer")
        at = moment + timedelta(minutes=1)
        perform(one, name, actor=actor, at=at, details={"why": "test"})
        perform_many([many], name, actor=actor, at=at, details={"why": "test"})
        again = [Lead.objects.get(pk=lead.pk) for lead in pair]
        assert snapshot(again[0]) == snapshot(again[1])

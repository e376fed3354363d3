"""What comes of a call, for the campaign, the lead and its person."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.permissions import PermissionRefused
from campaigns import attempts, outcomes, queue
from campaigns.attempts import Call
from campaigns.errors import CampaignError, Conflict, LeaseLost, NotFound
from campaigns.models import CallAttempt, CampaignLead, Outcome
from leads import editing
from leads.models import Interaction, Lead
from tests.campaigns.calls import a_campaign, a_source, some_leads


@pytest.fixture
def call(world):
    """A running campaign of one lead, in a call with the rep."""
    with world.scope():
        yield Calling(world)


class Calling:
    def __init__(self, world):
        self.world = world
        self.rep = world.actor("rep")
        self.campaign = a_campaign(world)
        (self.lead,) = some_leads(world, 1)
        self.source = a_source(world, self.campaign, [self.lead])
        self.now = timezone.now()

    def take(self):
        return queue.next_lead(self.campaign, actor=self.rep, now=self.now)

    def record(self, outcome, **facts):
        row = self.take()
        attempts.record(row.pk, actor=self.rep, call=Call(outcome, **facts), now=self.now)
        return self.row()

    def row(self):
        return CampaignLead.objects.get()

    def lead_now(self):
        return Lead.objects.select_related("contact").get()


def test_nobody_answered(call):
    row = call.record("no_answer", notes=" Rang out. ")
    assert (row.status, row.outcome, row.attempts) == ("queued", "no_answer", 1)
    assert row.due_at == call.now + timedelta(minutes=120)
    assert row.contacted_at is None
    assert row.leased_by is None
    entry = Interaction.objects.get(type="call_outbound")
    assert entry.text == "Rang out."
    assert entry.payload["successful"] is False
    assert entry.payload["subject"] == "Spring: No answer"
    lead = call.lead_now()
    assert (lead.status, lead.contact_count, lead.last_contact_method) == ("contacted", 1, "call")
    assert CallAttempt.objects.get().interaction_id == entry.pk


def test_the_campaign_says_how_long_to_wait(call):
    call.campaign.retry_delays = {"no_answer": 7}
    call.campaign.save(update_fields=["retry_delays"])
    assert call.record("no_answer").due_at == call.now + timedelta(minutes=7)


@pytest.mark.parametrize(("override", "calls"), [(None, 2), (1, 1)])
def test_attempts_are_used_up(call, override, calls):
    call.campaign.max_attempts = 2
    call.campaign.save(update_fields=["max_attempts"])
    call.source.max_attempts_override = override
    call.source.save(update_fields=["max_attempts_override"])
    for _ in range(calls):
        row = call.record("busy")
        call.now += timedelta(hours=1)
    assert (row.status, row.attempts, row.due_at) == ("failed", calls, None)
    call.source.refresh_from_db()
    assert call.source.completed_at is not None
    assert call.source.attempts == calls


def test_talk_time_and_amounts_add_up(call):
    call.record("callback", duration=60, pledged_amount=Decimal("5.50"))
    call.now += timedelta(days=2)
    row = call.record("donated", duration=30, donated_amount=Decimal("20"))
    assert (row.total_talk_time, row.last_call_duration) == (90, 30)
    assert (row.pledged_amount, row.donated_amount) == (Decimal("5.50"), Decimal("20.00"))
    assert row.status == "converted"
    call.source.refresh_from_db()
    assert (call.source.contacted_leads, call.source.successful_leads) == (1, 1)
    assert call.source.talk_time == 90


@pytest.mark.parametrize("code", Outcome.values)
def test_every_outcome_goes_where_its_rule_says(call, code):
    row = call.record(code)
    rule = outcomes.outcomes_of(call.world.home.pk)[code]
    assert row.status == rule.status
    assert (row.contacted_at is not None) == rule.reached
    assert (row.succeeded_at is not None) == rule.successful
    assert row.is_waiting == (rule.status == "queued")


def test_interest_an_appointment_and_a_deal_move_the_lead(call):
    at = call.now + timedelta(days=3)
    call.record("interested", callback_at=call.now + timedelta(hours=1))
    assert call.lead_now().status == "conversing"
    call.now += timedelta(hours=2)
    row = call.record("appointment", appointment_at=at)
    assert row.status == "converted"
    lead = call.lead_now()
    assert lead.status == "scheduled"
    assert lead.appointments.get().scheduled_for == at


def test_converted_converts_the_lead(call):
    call.record("converted")
    assert call.lead_now().status == "converted"


def test_do_not_call_closes_the_channel(call):
    row = call.record("do_not_call")
    assert row.status == "failed"
    contact = call.lead_now().contact
    assert contact.do_not_contact == {"call": True}
    assert contact.consent["call"] is False


def test_a_callback_is_the_callers_own(call):
    at = call.now + timedelta(hours=3)
    row = call.record("callback", callback_at=at)
    assert (row.callback_at, row.due_at, row.leased_by) == (at, at, call.world.rep)
    assert CallAttempt.objects.get().callback_at == at


def test_a_promised_callback_is_made_even_when_attempts_are_used_up(call):
    call.campaign.max_attempts = 1
    call.campaign.save(update_fields=["max_attempts"])
    assert call.record("callback", callback_at=call.now + timedelta(hours=1)).status == "queued"
    call.now += timedelta(hours=2)
    assert call.record("no_answer").status == "failed"


def test_the_same_call_is_recorded_once(call):
    row = call.take()
    token = row.lease_token
    facts = {"actor": call.rep, "call": Call("busy"), "lease_token": token}
    first = attempts.record(row.pk, **facts)
    assert attempts.record(row.pk, **facts).pk == first.pk
    assert call.row().attempts == 1
    with pytest.raises(LeaseLost):
        attempts.record(row.pk, actor=call.rep, call=Call("busy"))


def test_somebody_elses_lead_is_not_recorded(call):
    row = call.take()
    with pytest.raises(LeaseLost):
        attempts.record(row.pk, actor=call.world.actor("other_rep"), call=Call("busy"))
    with pytest.raises(PermissionRefused):
        attempts.record(row.pk, actor=call.world.actor("viewer"), call=Call("busy"))
    with pytest.raises(NotFound):
        attempts.record(row.pk, actor=call.world.stranger_actor(), call=Call("busy"))
    assert not CallAttempt.objects.exists()


def test_a_due_lead_that_nobody_has_may_be_recorded_at_once(call):
    row = call.row()
    attempts.record(row.pk, actor=call.rep, call=Call("interested"))
    assert call.row().status == "contacted"


def test_a_call_that_outlasts_pausing_is_recorded(call):
    row = call.take()
    call.campaign.status = "paused"
    call.campaign.save(update_fields=["status"])
    attempts.record(row.pk, actor=call.rep, call=Call("busy"))
    assert call.row().status == "queued"


def test_a_lead_deleted_during_the_call_keeps_its_call(call):
    row = call.take()
    editing.delete(call.lead, actor=call.world.actor())
    made = attempts.record(row.pk, actor=call.rep, call=Call("interested"))
    assert made.interaction_id is None
    assert call.row().attempts == 1


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"outcome": "hung_up"}, "outcome"),
        ({"outcome": "busy", "duration": -1}, "duration"),
        ({"outcome": "busy", "duration": 90_000}, "duration"),
        ({"outcome": "pledged", "pledged_amount": Decimal("-1")}, "pledged_amount"),
        ({"outcome": "callback", "callback_at": -timedelta(days=1)}, "callback_at"),
        ({"outcome": "callback", "callback_at": timedelta(days=999)}, "callback_at"),
        ({"outcome": "wrong_number", "callback_at": timedelta(days=1)}, "callback_at"),
        ({"outcome": "busy", "appointment_at": timedelta(days=1)}, "appointment_at"),
    ],
)
def test_what_cannot_be_is_refused_by_field(call, facts, field):
    known = {
        name: call.now + value if isinstance(value, timedelta) else value
        for name, value in facts.items()
    }
    with pytest.raises(CampaignError) as refused:
        call.record(**known)
    assert [name for name, _code, _text in refused.value.errors] == [field]
    assert call.row().attempts == 0


def test_a_workspaces_own_outcome(call):
    owner = call.world.actor()
    values = {"code": "brochure", "label": "Wants the brochure", "status": "queued"}
    made = outcomes.add(actor=owner, values={**values, "is_reached": True, "delay_minutes": 60})
    row = call.record("brochure")
    assert row.due_at == call.now + timedelta(minutes=60)
    assert row.contacted_at == call.now
    with pytest.raises(Conflict):
        outcomes.add(actor=owner, values=values)
    with pytest.raises(CampaignError):
        outcomes.add(actor=owner, values={**values, "code": "busy"})
    with pytest.raises(PermissionRefused):
        outcomes.add(actor=call.rep, values=values)
    outcomes.change(made.pk, actor=owner, changes={"is_active": False})
    call.now += timedelta(hours=2)
    with pytest.raises(CampaignError):
        call.record("brochure")

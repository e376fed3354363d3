"""Who is handed to whom, and when."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Workspace
from accounts.permissions import PermissionRefused
from campaigns import attempts, queue, waiting
from campaigns.attempts import Call
from campaigns.errors import Conflict, LeaseLost
from campaigns.models import CampaignLead
from leads import editing
from leads.assigning.assignment import assign
from leads.lifecycle import lose
from leads.models import Lead
from tests.campaigns.calls import a_campaign, a_source, some_leads, status_of

# A Monday, noon in London, seven in the morning in New York.
MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def home(world):
    with world.scope():
        yield world


def take(world, campaign, role="rep", **facts):
    return queue.next_lead(campaign, actor=world.actor(role), **facts)


def hand_over(world, campaign, count):
    """Whom a key, which has no lead of its own, is given one after the other."""
    found = [queue.next_lead(campaign, actor=world.key_actor()) for _ in range(count)]
    return [row.lead_id if row else None for row in found]


def test_priority_goes_before_heat_and_heat_before_age(home):
    campaign = a_campaign(home)
    leads = some_leads(home, 5)
    a_source(home, campaign, leads[:2], priority=2, heat={leads[0].pk: 90})
    a_source(home, campaign, leads[2:], priority=1, heat={leads[4].pk: 50})
    order = [leads[4].pk, leads[2].pk, leads[3].pk, leads[0].pk, leads[1].pk, None]
    assert hand_over(home, campaign, 6) == order


def test_lists_of_one_priority_are_called_as_one(home):
    campaign = a_campaign(home)
    leads = some_leads(home, 4)
    a_source(home, campaign, leads[:2], heat={leads[1].pk: 5})
    a_source(home, campaign, leads[2:], heat={leads[2].pk: 9})
    order = [leads[2].pk, leads[1].pk, leads[0].pk, leads[3].pk, None]
    assert hand_over(home, campaign, 5) == order


def test_a_paused_list_and_one_that_was_taken_away_are_passed_over(home):
    campaign = a_campaign(home)
    leads = some_leads(home, 2)
    a_source(home, campaign, leads[:1], is_active=False)
    a_source(home, campaign, leads[1:], detached_at=timezone.now(), is_active=False)
    assert take(home, campaign) is None


def test_a_caller_keeps_a_lead_until_the_call_is_recorded(home):
    campaign = a_campaign(home)
    a_source(home, campaign, some_leads(home, 2))
    first = take(home, campaign)
    assert first.status == "calling"
    assert take(home, campaign).pk == first.pk
    other = take(home, campaign, "other_rep")
    assert other.pk != first.pk
    attempts.record(first.pk, actor=home.actor("rep"), call=Call("interested"))
    assert take(home, campaign) is None


def test_a_lease_that_runs_out_gives_the_lead_back(home):
    campaign = a_campaign(home, lease_minutes=10)
    a_source(home, campaign, some_leads(home, 1))
    now = timezone.now()
    first = take(home, campaign, now=now)
    assert take(home, campaign, "other_rep", now=now + timedelta(minutes=9)) is None
    again = take(home, campaign, "other_rep", now=now + timedelta(minutes=11))
    assert again.pk == first.pk
    with pytest.raises(LeaseLost):
        attempts.record(first.pk, actor=home.actor("rep"), call=Call("busy"))


def test_released_a_lead_is_due_again(home):
    campaign = a_campaign(home)
    a_source(home, campaign, some_leads(home, 1))
    row = take(home, campaign)
    with pytest.raises(LeaseLost):
        queue.release(row.pk, actor=home.actor("other_rep"))
    queue.release(row.pk, actor=home.actor("rep"))
    assert status_of(row) == "queued"
    queue.release(row.pk, actor=home.actor("rep"))
    assert take(home, campaign, "other_rep").pk == row.pk


@pytest.mark.parametrize("status", ["draft", "paused"])
def test_only_an_active_campaign_hands_leads_out(home, status):
    campaign = a_campaign(home, status=status)
    a_source(home, campaign, some_leads(home, 1))
    with pytest.raises(Conflict):
        take(home, campaign)


def test_a_viewer_calls_nobody(home):
    with pytest.raises(PermissionRefused):
        take(home, a_campaign(home), "viewer")


def test_who_may_not_be_called_any_more_is_closed_with_the_reason(home):
    campaign = a_campaign(home)
    leads = some_leads(home, 5)
    source = a_source(home, campaign, leads)
    owner = home.actor()
    editing.update(leads[0], actor=owner, changes={"do_not_contact": {"call": True}})
    editing.update(leads[1], actor=owner, changes={"consent": {"call": False}})
    lose(leads[2], actor=owner, loss_reason="no_contact", unqualified_reason="no_contact")
    editing.delete(leads[3], actor=owner)
    assert take(home, campaign).lead_id == leads[4].pk
    closed = CampaignLead.objects.filter(status="failed").order_by("lead_id")
    assert [row.outcome for row in closed] == [
        "do_not_contact",
        "no_consent",
        "lead_lost",
        "lead_deleted",
    ]
    source.refresh_from_db()
    assert source.waiting_leads == 1


def test_calling_hours_are_on_the_clock_of_whoever_is_called(home):
    hours = {"start": "09:00", "end": "17:00", "days": ["mon"]}
    campaign = a_campaign(home, calling_hours=hours)
    leads = some_leads(home, 2)
    for lead, zone in zip(leads, ("America/New_York", "Europe/London"), strict=True):
        editing.update(lead, actor=home.actor(), changes={"time_zone": zone})
    a_source(home, campaign, leads, heat={leads[0].pk: 50})
    CampaignLead.objects.update(due_at=MONDAY - timedelta(days=1))
    CampaignLead.objects.filter(lead=leads[0]).update(time_zone="America/New_York")
    # The copy of the other one is looked at again when it is handed out.
    assert take(home, campaign, now=MONDAY).lead_id == leads[1].pk
    row = CampaignLead.objects.get(lead=leads[1])
    assert row.time_zone == "Europe/London"
    assert take(home, campaign, "other_rep", now=MONDAY) is None
    assert waiting.next_due(campaign, MONDAY) == MONDAY + timedelta(hours=2)
    later = MONDAY + timedelta(hours=2)
    assert take(home, campaign, "other_rep", now=later).lead_id == leads[0].pk


def test_a_zone_nobody_knows_is_the_workspaces(home):
    hours = {"start": "00:00", "end": "00:00", "days": [0]}
    campaign = a_campaign(home, calling_hours=hours)
    a_source(home, campaign, some_leads(home, 1))
    CampaignLead.objects.update(due_at=MONDAY, time_zone="Nowhere/Land")
    sunday = MONDAY - timedelta(days=1)
    CampaignLead.objects.update(due_at=sunday)
    assert take(home, campaign, now=sunday) is None
    assert take(home, campaign, now=MONDAY) is not None


def test_a_callback_goes_to_who_promised_it_then_to_anybody(home):
    campaign = a_campaign(home)
    leads = some_leads(home, 3)
    a_source(home, campaign, leads, heat={leads[0].pk: 9})
    now = timezone.now()
    row = take(home, campaign, now=now)
    at = now + timedelta(hours=1)
    attempts.record(row.pk, actor=home.actor("rep"), call=Call("callback", callback_at=at), now=now)
    for lead in leads[1:]:
        Lead.objects.filter(pk=lead.pk).update(heat_score=99)
    assert take(home, campaign, "other_rep", now=at).lead_id != row.lead_id
    mine = take(home, campaign, now=at)
    assert mine.pk == row.pk
    queue.release(mine.pk, actor=home.actor("rep"))
    late = at + queue.KEPT_FOR_PROMISER
    assert take(home, campaign, "manager", now=late).pk == row.pk


def test_reps_who_see_their_own_leads_call_those(home):
    Workspace.objects.filter(pk=home.home.pk).update(rep_lead_access="own")
    home.home.refresh_from_db()
    campaign = a_campaign(home)
    leads = some_leads(home, 2)
    assign(leads[0], actor=home.actor(), user_id=home.other_rep.pk)
    assign(leads[1], actor=home.actor(), user_id=home.rep.pk)
    a_source(home, campaign, leads)
    assert take(home, campaign).lead_id == leads[1].pk
    assert take(home, campaign, "other_rep").lead_id == leads[0].pk


def test_when_the_next_one_is_due(home):
    campaign = a_campaign(home)
    now = timezone.now()
    assert waiting.next_due(campaign, now) is None
    a_source(home, campaign, some_leads(home, 2))
    assert waiting.next_due(campaign, now) == now
    row = take(home, campaign, now=now)
    attempts.record(row.pk, actor=home.actor("rep"), call=Call("busy"), now=now)
    take(home, campaign, now=now)
    assert waiting.next_due(campaign, now) == now + timedelta(minutes=15)

"""Lists in campaigns: what attaching foresees and does, and what stops and goes on."""

import pytest
from django.utils import timezone

from accounts.permissions import PermissionRefused
from campaigns import enrolment, running
from campaigns.errors import CampaignError, Conflict, IllegalChange, NotFound
from campaigns.models import Campaign, CampaignLead, CampaignLeadList, LeadList, LeadListMember
from integrations import outbox
from integrations.models import OutboxEvent
from leads import editing, lifecycle
from leads.bulk.losing import lose
from leads.intake import LeadInput, receive
from leads.models import Contact, Lead


@pytest.fixture
def home(world):
    """Inside the workspace, with five leads."""
    with world.scope():
        yield [
            receive(
                LeadInput(email=f"lead{n}@example.com", phone=f"+1312555010{n}"),
                actor=world.actor(),
            ).lead
            for n in range(5)
        ]


def a_list(world, leads=(), **values):
    group = LeadList.objects.create(workspace=world.home, **{"name": "Donors", **values})
    LeadListMember.objects.bulk_create(
        [LeadListMember(workspace=world.home, lead_list=group, lead=lead) for lead in leads]
    )
    return group


def a_campaign(world, **values):
    return running.create(actor=world.actor(), values={"name": "Spring", **values})


def entries(campaign):
    return {row.lead_id: row for row in CampaignLead.objects.filter(campaign=campaign)}


def attached(campaign, group):
    return CampaignLeadList.objects.get(campaign=campaign, lead_list=group)


def test_a_lead_is_in_a_campaign_once_and_keeps_its_first_list(world, home):
    campaign = a_campaign(world)
    first, second = a_list(world, home[:3]), a_list(world, home[2:], name="Guests")
    done = enrolment.attach(campaign, first, actor=world.actor(), priority=2)
    assert (done.added, done.already_in, done.excluded) == (3, 0, 0)
    done = enrolment.attach(campaign, second, actor=world.actor(), priority=1)
    assert (done.added, done.already_in, done.excluded) == (2, 1, 0)
    assert entries(campaign)[home[2].pk].source == attached(campaign, first)
    assert (attached(campaign, first).total_leads, attached(campaign, second).total_leads) == (3, 2)
    done = enrolment.attach(campaign, second, actor=world.actor())
    assert (done.added, done.already_in) == (0, 3)
    assert attached(campaign, second).priority == 1


def test_the_preview_says_what_attaching_then_does(world, home):
    campaign = a_campaign(world)
    Contact.objects.filter(pk=home[0].contact_id).update(do_not_contact={"call": True})
    Contact.objects.filter(pk=home[1].contact_id).update(consent={"call": False}, phone="")
    Contact.objects.filter(pk=home[3].contact_id).update(phone="")
    lose(home[2], actor=world.actor(), loss_reason="no_contact", unqualified_reason="no_contact")
    group = a_list(world, home)
    enrolment.attach(campaign, a_list(world, home[4:], name="One"), actor=world.actor())
    seen = enrolment.preview(campaign, group, actor=world.actor("viewer"))
    assert (seen.new, seen.already_in, seen.do_not_contact, seen.lost) == (1, 1, 2, 1)
    assert (seen.without_phone, seen.total, seen.excluded) == (1, 5, 3)
    done = enrolment.attach(campaign, group, actor=world.actor())
    assert (done.added, done.already_in, done.excluded) == (1, 1, 3)
    assert set(entries(campaign)) == {home[3].pk, home[4].pk}


def test_filters_narrow_a_list_and_other_filters_change_who_is_in(world, home):
    campaign = a_campaign(world)
    Lead.objects.filter(pk__in=[home[0].pk, home[1].pk]).update(quality_rating="hot")
    group = a_list(world, home)
    enrolment.attach(
        campaign, group, actor=world.actor(), filter_criteria={"quality_rating": ["hot"]}
    )
    assert set(entries(campaign)) == {home[0].pk, home[1].pk}
    CampaignLead.objects.filter(lead=home[0]).update(attempts=1)
    Lead.objects.filter(pk__in=[home[2].pk, home[3].pk]).update(quality_rating="warm")
    row = enrolment.change_attached(
        campaign,
        group,
        actor=world.actor(),
        changes={"filter_criteria": {"quality_rating": ["warm"]}, "priority": 7},
    )
    # Whoever was called stays.
    assert set(entries(campaign)) == {home[0].pk, home[2].pk, home[3].pk}
    assert (row.total_leads, row.priority) == (3, 7)
    with pytest.raises(CampaignError) as refused:
        enrolment.change_attached(
            campaign, group, actor=world.actor(), changes={"filter_criteria": {"colour": ["red"]}}
        )
    assert refused.value.errors[0][0] == "filter_criteria.colour"


def test_a_draft_waits_and_starting_it_puts_its_leads_into_the_queue(world, home):
    campaign = a_campaign(world)
    enrolment.attach(campaign, a_list(world, home[:2]), actor=world.actor())
    assert {row.status for row in entries(campaign).values()} == {"new"}
    Lead.objects.filter(pk=home[4].pk).update(quality_rating="hot")
    rule = a_list(world, name="Hot", list_type="dynamic", criteria={"quality_rating": ["hot"]})
    enrolment.attach(campaign, rule, actor=world.actor())
    Lead.objects.filter(pk=home[3].pk).update(quality_rating="hot")
    started = running.start(campaign, actor=world.actor())
    assert started.status == "active"
    assert started.started_at is not None
    assert set(entries(campaign)) == {lead.pk for lead in (home[0], home[1], home[3], home[4])}
    assert {row.status for row in entries(campaign).values()} == {"queued"}


def test_a_campaign_moves_as_its_table_says(world, home):
    campaign = a_campaign(world)
    for verb in (running.pause, running.complete):
        with pytest.raises(IllegalChange) as refused:
            verb(campaign, actor=world.actor())
        assert refused.value.allowed == ["active"]
    assert running.start(campaign, actor=world.actor()).status == "active"
    assert running.start(campaign, actor=world.actor()).status == "active"
    assert running.pause(campaign, actor=world.actor()).status == "paused"
    assert running.start(campaign, actor=world.actor()).status == "active"
    done = running.complete(campaign, actor=world.actor())
    assert done.completed_at is not None
    with pytest.raises(IllegalChange):
        running.start(campaign, actor=world.actor())
    with pytest.raises(Conflict):
        enrolment.attach(campaign, a_list(world, home), actor=world.actor())
    steps = OutboxEvent.objects.filter(subject_id=campaign.pk).order_by("id")
    assert [event.type for event in steps] == ["campaign.created"] + 4 * ["campaign.status_changed"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"max_attempts": True}, "max_attempts"),
        ({"calling_hours": {"start": "18:00", "end": "09:00", "days": [0]}}, "calling_hours"),
        ({"calling_hours": {"start": "09:00", "end": "18:00", "days": []}}, "calling_hours"),
        ({"calling_hours": {"start": "09:00", "end": "18:00", "zone": 1}}, "calling_hours"),
        ({"calling_hours": "always"}, "calling_hours"),
        ({"retry_delays": {"busy": 0}}, "retry.delays.busy"),
        ({"retry_delays": {"asleep": 5}}, "retry.delays.asleep"),
        ({"currency": "dollar"}, "currency"),
    ],
)
def test_a_campaign_says_which_setting_it_cannot_use(world, home, values, field):
    with pytest.raises(CampaignError) as refused:
        a_campaign(world, **values)
    assert [name for name, _code, _text in refused.value.errors] == [field]
    assert not Campaign.objects.exists()


def test_who_may_do_what(world, home):
    campaign, group = a_campaign(world), a_list(world, home)
    for role in ("rep", "viewer"):
        with pytest.raises(PermissionRefused):
            running.create(actor=world.actor(role), values={"name": "Mine"})
        with pytest.raises(PermissionRefused):
            running.start(campaign, actor=world.actor(role))
        with pytest.raises(PermissionRefused):
            enrolment.attach(campaign, group, actor=world.actor(role))
    with pytest.raises(NotFound):
        enrolment.attach(campaign, group, actor=world.stranger_actor())
    assert not entries(campaign)


def test_taking_a_list_away_takes_away_whom_nobody_called(world, home):
    campaign = a_campaign(world, status="active")
    group = a_list(world, home[:3])
    enrolment.attach(campaign, group, actor=world.actor())
    CampaignLead.objects.filter(lead=home[0]).update(attempts=1, outcome="no_answer")
    enrolment.detach(campaign, group, actor=world.actor())
    row = attached(campaign, group)
    assert (row.total_leads, row.waiting_leads, row.is_active) == (1, 0, False)
    assert row.completed_at is not None
    left = entries(campaign)[home[0].pk]
    assert (left.status, left.outcome) == ("failed", "list_removed")
    with pytest.raises(NotFound):
        enrolment.detach(campaign, group, actor=world.actor())
    # And back again.
    enrolment.attach(campaign, group, actor=world.actor(), priority=3)
    row = attached(campaign, group)
    assert (row.total_leads, row.waiting_leads, row.priority) == (3, 3, 3)
    assert (row.detached_at, row.completed_at, row.is_active) == (None, None, True)
    assert entries(campaign)[home[0].pk].status == "queued"


def test_a_list_that_brought_nobody_leaves_nothing_behind(world, home):
    campaign, group = a_campaign(world), a_list(world)
    enrolment.attach(campaign, group, actor=world.actor())
    enrolment.detach(campaign, group, actor=world.actor())
    assert not CampaignLeadList.objects.exists()


def test_priorities_are_set_together_or_not_at_all(world, home):
    campaign = a_campaign(world)
    one, two, three = (a_list(world, name=name) for name in ("One", "Two", "Three"))
    for group in (one, two, three):
        enrolment.attach(campaign, group, actor=world.actor())
    enrolment.set_priorities(campaign, {three.pk: 1, one.pk: 2, two.pk: 3}, actor=world.actor())
    names = [row.lead_list.name for row in CampaignLeadList.objects.in_turn()]
    assert names == ["Three", "One", "Two"]
    with pytest.raises(NotFound):
        enrolment.set_priorities(campaign, {campaign.pk: 1}, actor=world.actor())
    with pytest.raises(CampaignError):
        enrolment.set_priorities(campaign, {one.pk: 5, two.pk: 0}, actor=world.actor())
    assert attached(campaign, one).priority == 2


def test_whom_a_rule_brings_later_joins_every_campaign_that_is_not_over(world, home):
    smart = a_list(world, list_type="smart", criteria={"quality_rating": ["hot"]})
    running_one, over, untouched = (a_campaign(world, status="active") for _n in range(3))
    for campaign in (running_one, over):
        enrolment.attach(campaign, smart, actor=world.actor())
    running.complete(over, actor=world.actor())
    member = LeadListMember(workspace=world.home, lead_list=smart, lead=home[0], by="rule")
    LeadListMember.objects.bulk_create([member])
    assert enrolment.enrol_new(smart, [home[0].pk]) == 1
    assert enrolment.enrol_new(smart, [home[0].pk]) == 0
    assert set(entries(running_one)) == {home[0].pk}
    assert not entries(over)
    assert not entries(untouched)


def test_lost_and_deleted_leads_are_called_no_more_until_they_are_back(world, home):
    campaign = a_campaign(world, status="active")
    group = a_list(world, home[:4])
    enrolment.attach(campaign, group, actor=world.actor())
    CampaignLead.objects.filter(lead=home[3]).update(
        status="calling", lease_token=campaign.pk, leased_at=timezone.now()
    )
    reasons = {"loss_reason": "no_contact", "unqualified_reason": "no_contact"}
    lose(home[0], actor=world.actor(), **reasons)
    editing.delete(home[1], actor=world.actor())
    lose(home[3], actor=world.actor(), **reasons)
    outbox.drain()
    with world.scope():
        rows = entries(campaign)
        assert [(rows[lead.pk].status, rows[lead.pk].outcome) for lead in home[:4]] == [
            ("failed", "lead_lost"),
            ("failed", "lead_deleted"),
            ("queued", ""),
            # Somebody is talking to them: the call is recorded first.
            ("calling", ""),
        ]
        assert attached(campaign, group).waiting_leads == 2
        lifecycle.reopen(home[0], actor=world.actor())
        editing.restore(str(home[1].pk), actor=world.actor())
        outbox.drain()
    with world.scope():
        rows = entries(campaign)
        assert {rows[lead.pk].status for lead in home[:3]} == {"queued"}
        assert {rows[lead.pk].outcome for lead in home[:3]} == {""}
        assert attached(campaign, group).waiting_leads == 4

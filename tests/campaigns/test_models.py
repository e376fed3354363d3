"""What the database holds about lists and campaigns by itself: counters, marks, rules, views."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.ids import new_id
from accounts.tenancy import scope
from campaigns.models import (
    OUTCOME_RULES,
    CallOutcome,
    Campaign,
    CampaignLead,
    CampaignLeadList,
    Export,
    LeadList,
    LeadListMember,
    LeadMark,
    Outcome,
)
from leads.intake import LeadInput, receive
from leads.lifecycle import qualify
from leads.models import ContactTag, Lead


@pytest.fixture
def home(world):
    """Inside the workspace, with three leads."""
    with world.scope():
        yield [
            receive(LeadInput(email=f"lead{n}@example.com"), actor=world.actor()).lead
            for n in range(3)
        ]


def a_list(world, **values):
    return LeadList.objects.create(workspace=world.home, **{"name": "Donors", **values})


def put_in(group, leads, **values):
    rows = [
        LeadListMember(workspace_id=group.workspace_id, lead_list=group, lead=lead, **values)
        for lead in leads
    ]
    return LeadListMember.objects.bulk_create(rows)


def attached(world, group, **values):
    campaign = Campaign.objects.create(workspace=world.home, name="Spring", currency="USD")
    return CampaignLeadList.objects.create(
        workspace=world.home, campaign=campaign, lead_list=group, **values
    )


def enrolled(source, leads, **values):
    rows = [
        CampaignLead(
            workspace_id=source.workspace_id,
            campaign_id=source.campaign_id,
            source=source,
            lead=lead,
            **values,
        )
        for lead in leads
    ]
    return CampaignLead.objects.bulk_create(rows)


def count_of(group):
    group.refresh_from_db()
    return group.lead_count


def counters(source):
    source.refresh_from_db()
    return (
        source.total_leads,
        source.waiting_leads,
        source.contacted_leads,
        source.successful_leads,
    )


def test_a_lists_count_follows_its_members_and_its_leads(world, home):
    group = a_list(world)
    put_in(group, home)
    assert count_of(group) == 3
    LeadListMember.objects.filter(lead=home[0]).update(removed_at=timezone.now())
    assert count_of(group) == 2
    Lead.objects.filter(pk__in=[home[0].pk, home[1].pk]).update(deleted_at=timezone.now())
    assert count_of(group) == 1
    assert set(LeadListMember.objects.present().values_list("lead_id", flat=True)) == {home[2].pk}
    Lead.objects.filter(pk=home[1].pk).update(deleted_at=None)
    assert count_of(group) == 2
    LeadListMember.objects.filter(lead__in=home[1:]).delete()
    assert count_of(group) == 0


def test_a_membership_given_to_another_lead_is_present_as_that_one_is(world, home):
    group = a_list(world)
    (member,) = put_in(group, home[:1])
    Lead.objects.filter(pk=home[0].pk).update(deleted_at=timezone.now())
    LeadListMember.objects.filter(pk=member.pk).update(lead=home[1])
    assert count_of(group) == 1


def test_the_counters_of_a_list_in_a_campaign_follow_its_leads(world, home):
    source = attached(world, a_list(world))
    rows = enrolled(source, home)
    assert counters(source) == (3, 3, 0, 0)
    now = timezone.now()
    CampaignLead.objects.filter(pk=rows[0].pk).update(
        status="converted",
        due_at=None,
        contacted_at=now,
        succeeded_at=now,
        attempts=2,
        total_talk_time=90,
        pledged_amount=Decimal("12.50"),
    )
    assert counters(source) == (3, 2, 1, 1)
    assert (source.attempts, source.talk_time) == (2, 90)
    assert source.pledged_amount == Decimal("12.50")
    assert source.conversion_rate == Decimal("100.00")
    totals = Campaign.objects.with_totals().get(pk=source.campaign_id)
    assert (totals.total_leads, totals.successful_leads) == (3, 1)
    assert totals.pledged_amount == Decimal("12.50")
    CampaignLead.objects.filter(pk=rows[0].pk).delete()
    assert counters(source) == (2, 2, 0, 0)
    assert source.pledged_amount == 0


def test_a_campaign_without_lists_has_totals_of_nothing(world, home):
    Campaign.objects.create(workspace=world.home, name="Empty", currency="USD")
    totals = Campaign.objects.with_totals().get()
    assert (totals.total_leads, totals.talk_time, totals.donated_amount) == (0, 0, 0)


def test_handing_a_lead_out_touches_no_counter(world, home):
    source = attached(world, a_list(world))
    (row,) = enrolled(source, home[:1])

    def version():
        with connection.cursor() as cursor:
            cursor.execute("SELECT ctid FROM campaigns_campaignleadlist")
            return cursor.fetchone()

    before = version()
    CampaignLead.objects.filter(pk=row.pk).update(status="calling", lease_token=new_id())
    assert version() == before


def test_the_queues_heat_follows_the_lead(world, home):
    source = attached(world, a_list(world))
    enrolled(source, home)
    Lead.objects.filter(pk=home[1].pk).update(heat_score=20)
    order = CampaignLead.objects.due(timezone.now()).in_queue_order()
    assert [row.lead_id for row in order] == [home[1].pk, home[0].pk, home[2].pk]


@pytest.mark.parametrize(
    "values",
    [
        {"status": "new", "due_at": None},
        {"status": "converted"},
        {"status": "calling"},
        {"status": "lost", "due_at": None},
        {"succeeded_at": timezone.now()},
        {"pledged_amount": -1},
    ],
)
def test_a_campaign_lead_that_cannot_be_is_refused(world, home, values):
    source = attached(world, a_list(world))
    with pytest.raises(IntegrityError), transaction.atomic():
        enrolled(source, home[:1], **values)


def test_a_lead_is_in_a_campaign_and_in_a_list_once(world, home):
    group = a_list(world)
    source = attached(world, group)
    enrolled(source, home[:1])
    put_in(group, home[:1])
    for again in (lambda: enrolled(source, home[:1]), lambda: put_in(group, home[:1])):
        with pytest.raises(IntegrityError), transaction.atomic():
            again()


def test_a_static_list_has_no_rule_and_an_own_outcome_an_own_code(world, home):
    with pytest.raises(IntegrityError), transaction.atomic():
        a_list(world, criteria={"status": ["new"]})
    with pytest.raises(IntegrityError), transaction.atomic():
        CallOutcome.objects.create(workspace=world.home, code="busy", label="Busy", status="queued")
    with pytest.raises(IntegrityError), transaction.atomic():
        Export.objects.create(workspace=world.home, kind="list")


def test_every_outcome_has_a_rule_and_only_waiting_ones_a_delay():
    assert set(OUTCOME_RULES) == set(Outcome)
    for rule in OUTCOME_RULES.values():
        assert (rule.delay is not None) == (rule.status == "queued")
        assert rule.reached or not rule.successful


def test_without_a_smart_list_nothing_is_marked(world, home):
    a_list(world, list_type="dynamic", criteria={"status": ["new"]})
    qualify(home[0], actor=world.actor())
    assert not LeadMark.objects.exists()


def test_changes_that_a_rule_may_ask_for_mark_their_leads(world, home):
    a_list(world, list_type="smart", criteria={"status": ["new"]})

    def marked(change):
        change()
        return LeadMark.objects.all().take(world.home.pk, at_most=100)

    assert marked(lambda: qualify(home[0], actor=world.actor())) == [home[0].pk]
    tag = {"workspace": world.home, "contact_id": home[1].contact_id, "name": "vip"}
    assert marked(lambda: ContactTag.objects.create(**tag)) == [home[1].pk]
    assert marked(lambda: ContactTag.objects.all().delete()) == [home[1].pk]
    new = marked(lambda: receive(LeadInput(email="new@example.com"), actor=world.actor()))
    assert new == [Lead.objects.latest("number").pk]
    assert marked(lambda: Lead.objects.update(notes="nothing anybody asks for")) == []


def test_the_reporting_views_show_a_workspace_its_own(world, home):
    group = a_list(world)
    source = attached(world, group)
    now = timezone.now()
    enrolled(source, home[:2], contacted_at=now - timedelta(days=1))
    enrolled(source, home[2:], status="converted", due_at=None, contacted_at=now, succeeded_at=now)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT list_name, total_leads, contacted_leads, successful_leads, conversion_rate"
            " FROM campaign_lead_lists_with_stats"
        )
        assert cursor.fetchall() == [("Donors", 3, 3, 1, Decimal("33.33"))]
        cursor.execute(
            "SELECT name, campaigns_used_in, total_conversions FROM lead_lists_with_campaigns"
        )
        assert cursor.fetchall() == [("Donors", 1, 1)]
    assert LeadList.objects.with_use().get().campaigns_used_in == 1
    with scope(world.abroad.pk), connection.cursor() as cursor:
        for view in ("campaign_lead_lists_with_stats", "lead_lists_with_campaigns"):
            cursor.execute(f"SELECT count(*) FROM {view}")
            assert cursor.fetchone() == (0,)

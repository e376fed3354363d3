"""Lists: made, changed, archived and deleted; who is in them, by hand and by rule."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.permissions import PermissionRefused
from campaigns import criteria, enrolment, lists, membership, running, smart_lists
from campaigns.errors import CampaignError, Conflict, NotFound
from campaigns.models import (
    Campaign,
    CampaignLead,
    CampaignLeadList,
    LeadList,
    LeadListMember,
    LeadMark,
)
from leads import editing
from leads.intake import LeadInput, receive
from leads.lifecycle import qualify
from leads.merges import merging, unmerging
from leads.models import ContactTag, Lead


@pytest.fixture
def home(world):
    """Inside the workspace, with four leads."""
    with world.scope():
        yield [
            receive(LeadInput(email=f"lead{n}@example.com"), actor=world.actor()).lead
            for n in range(4)
        ]


def a_list(world, **values):
    return lists.create(actor=world.actor(), values={"name": "Donors", **values})


def smart(world, **rule):
    rule = rule or {"status": ["qualified"]}
    return a_list(world, list_type="smart", criteria=rule)


def ids(leads):
    return [lead.pk for lead in leads]


def members(row):
    found = LeadListMember.objects.present().filter(lead_list=row)
    return set(found.values_list("lead_id", flat=True))


def count(row):
    row.refresh_from_db()
    assert row.lead_count == len(members(row))
    return row.lead_count


def catch_up(world):
    return smart_lists.rebuild_changed(world.home.pk)


def test_who_may_make_lists_and_who_sees_them(world, home):
    row = a_list(world, tags=["vip", " vip ", ""], metadata={"from": "fair"})
    assert (row.tags, row.metadata, row.created_by) == (["vip"], {"from": "fair"}, "Owner")
    for role in ("rep", "viewer"):
        assert LeadList.objects.visible_to(world.actor(role)).get() == row
        with pytest.raises(PermissionRefused):
            lists.create(actor=world.actor(role), values={"name": "Mine"})
        with pytest.raises(PermissionRefused):
            membership.add(row, ids(home), actor=world.actor(role))
    with pytest.raises(NotFound):
        lists.find(row, actor=world.stranger_actor())


def test_leads_are_put_in_once_and_taken_out(world, home):
    row = a_list(world)
    stranger = Lead(pk=row.pk)
    found = membership.add(
        row, [*ids(home[:2]), stranger.pk], actor=world.actor(), notes="Met at the fair"
    )
    assert (len(found.added), found.already_in, found.missing) == (2, (), (stranger.pk,))
    again = membership.add(row, ids(home[1:3]), actor=world.actor("manager"))
    assert (again.added, again.already_in) == ((home[2].pk,), (home[1].pk,))
    assert count(row) == 3
    first = LeadListMember.objects.get(lead=home[0])
    assert (first.added_by, first.notes, first.by) == (world.owner, "Met at the fair", "hand")
    gone = membership.remove(row, ids(home[2:]), actor=world.actor())
    assert (gone.removed, gone.not_in) == ((home[2].pk,), (home[3].pk,))
    assert count(row) == 2
    assert LeadListMember.objects.filter(lead_list=row).count() == 2


def test_deleting_restoring_and_merging_leads_leaves_counts_right(world, home):
    row = a_list(world)
    membership.add(row, ids(home[:3]), actor=world.actor())
    editing.delete(home[0], actor=world.actor())
    assert count(row) == 2
    editing.restore(home[0].pk, actor=world.actor())
    assert count(row) == 3
    # Both are in: one membership is left. Only the lost one is: it goes along.
    merge = merging.merge(home[0].contact_id, home[1].contact_id, actor=world.actor())
    assert count(row) == 2
    other = merging.merge(home[3].contact_id, home[2].contact_id, actor=world.actor())
    assert members(row) == {home[0].pk, other.kept_lead_id}
    assert count(row) == 2
    unmerging.undo(other.pk, actor=world.actor())
    unmerging.undo(merge.pk, actor=world.actor())
    assert count(row) == 3


def test_a_dynamic_list_is_asked_when_it_is_read(world, home):
    row = a_list(world, list_type="dynamic", criteria={"status": "new"})
    assert (row.lead_count, row.criteria) == (4, {"status": ["new"]})
    qualify(home[0], actor=world.actor())
    assert lists.count_again(row).lead_count == 4
    LeadList.objects.update(counted_at=timezone.now() - timedelta(minutes=5))
    row.refresh_from_db()
    assert lists.count_again(row).lead_count == 3
    with pytest.raises(CampaignError, match="rule"):
        membership.add(row, ids(home), actor=world.actor())


def test_a_smart_list_follows_the_leads_that_change(world, home):
    row = smart(world, status=["qualified"])
    assert count(row) == 0
    qualify(home[0], actor=world.actor())
    qualify(home[1], actor=world.actor())
    assert catch_up(world) == 2
    assert members(row) == set(ids(home[:2]))
    editing.delete(home[1], actor=world.actor())
    catch_up(world)
    assert count(row) == 1
    editing.restore(home[1].pk, actor=world.actor())
    catch_up(world)
    assert count(row) == 2
    assert not LeadMark.objects.exists()


def test_a_smart_list_remembers_what_people_did(world, home):
    row = smart(world, tag="vip")
    for lead in home[:3]:
        ContactTag.objects.create(workspace=world.home, contact=lead.contact, name="vip")
    catch_up(world)
    membership.remove(row, [home[0].pk], actor=world.actor())
    membership.add(row, [home[1].pk, home[3].pk], actor=world.actor())
    ContactTag.objects.all().delete()
    catch_up(world)
    # By rule alone, the third; the second was also put in by hand, the fourth by hand alone.
    assert members(row) == {home[1].pk, home[3].pk}
    for lead in home:
        ContactTag.objects.create(workspace=world.home, contact=lead.contact, name="vip")
    catch_up(world)
    smart_lists.rebuild(row)
    assert members(row) == {home[1].pk, home[2].pk, home[3].pk}
    membership.add(row, [home[0].pk], actor=world.actor())
    assert count(row) == 4


def test_a_changed_rule_an_archive_and_a_restore_are_followed(world, home):
    row = smart(world, status=["new"])
    assert count(row) == 4
    lists.change(row, actor=world.actor(), changes={"criteria": {"status": ["qualified"]}})
    assert count(row) == 0
    lists.change(row, actor=world.actor(), changes={"is_archived": True})
    qualify(home[0], actor=world.actor())
    assert catch_up(world) == 0
    assert count(row) == 0
    lists.change(row, actor=world.actor(), changes={"is_archived": False})
    assert count(row) == 1


def test_rules_by_the_day_are_gone_through_by_beat(world, home):
    row = smart(world, last_contacted_before="30d")
    assert count(row) == 0
    long_ago = timezone.now() - timedelta(days=40)
    Lead.objects.filter(pk=home[0].pk).update(last_contacted_at=long_ago)
    LeadMark.objects.all().delete()
    assert smart_lists.rebuild_due() == 0
    assert row.rebuild_due_at < timezone.now() + timedelta(hours=1)
    LeadList.objects.update(rebuild_due_at=timezone.now())
    assert smart_lists.rebuild_due() == 1
    assert count(row) == 1
    assert row.rebuilt_at is not None


def test_a_rebuild_goes_on_in_chunks(world, home, monkeypatch):
    row = smart(world, status=["new"])
    LeadListMember.objects.all().delete()
    monkeypatch.setattr(smart_lists, "CHUNK", 3)
    assert smart_lists.rebuild(row, until=0.0) is False
    assert count(row) == 3
    assert smart_lists.rebuild(row)
    assert count(row) == 4


def test_who_comes_into_a_smart_list_comes_into_its_campaigns(world, home):
    row = smart(world, status=["qualified"])
    campaign = running.create(actor=world.actor(), values={"name": "Spring"})
    enrolment.attach(campaign, row, actor=world.actor())
    running.start(campaign, actor=world.actor())
    qualify(home[0], actor=world.actor())
    membership.add(row, [home[1].pk], actor=world.actor())
    catch_up(world)
    called = CampaignLead.objects.filter(campaign=campaign)
    assert set(called.values_list("lead_id", flat=True)) == set(ids(home[:2]))
    lists.change(row, actor=world.actor(), changes={"criteria": {"status": ["new", "qualified"]}})
    assert called.count() == 4


def test_a_rule_that_cannot_be_asked_any_more_says_so_and_keeps_its_leads(world, home):
    row = smart(world, status=["new"])
    LeadList.objects.update(criteria={"status": ["qualified"], "attr.gone": ["1"]})
    row.refresh_from_db()
    assert smart_lists.rebuild(row)
    assert count(row) == 4
    assert "gone" in row.rule_error


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"list_type": "clever"}, "list_type"),
        ({"criteria": {"status": "new"}}, "criteria"),
        ({"list_type": "smart"}, "criteria"),
        ({"list_type": "smart", "criteria": {"stauts": "new"}}, "criteria.stauts"),
        ({"list_type": "smart", "criteria": {"status": "odd"}}, "criteria.status"),
        ({"list_type": "smart", "criteria": {"status": ""}}, "criteria.status"),
        ({"list_type": "dynamic", "criteria": {"assigned_to_me": "false"}}, "criteria."),
        ({"tags": ["x" * 61]}, "tags"),
    ],
)
def test_what_a_list_cannot_be_is_named_by_field(world, home, values, field):
    with pytest.raises(CampaignError) as refused:
        a_list(world, **values)
    assert refused.value.errors[0][0].startswith(field)
    assert not LeadList.objects.exists()


def test_mine_is_kept_as_whose_it_is(world, home):
    row = a_list(world, list_type="dynamic", criteria={"assigned_to_me": True})
    assert row.criteria == {"assigned_to": [str(world.owner.pk)]}


def test_a_rule_may_ask_lists_whose_members_are_written_down(world, home):
    static = a_list(world)
    membership.add(static, ids(home[:2]), actor=world.actor())
    dynamic = a_list(world, list_type="dynamic", criteria={"list": str(static.pk)})
    assert dynamic.lead_count == 2
    for unfit in (dynamic.pk, world.home.pk):
        with pytest.raises(CampaignError) as refused:
            a_list(world, list_type="smart", criteria={"list": [str(unfit)]})
        assert refused.value.errors[0][0] == "criteria.list"
    lists.delete(static, actor=world.actor())
    with pytest.raises(criteria.RuleBroken):
        criteria.leads_of(dynamic.criteria, workspace=world.home)


def test_the_filter_list_finds_members_of_every_kind(world, home):
    static = a_list(world)
    membership.add(static, ids(home[:2]), actor=world.actor())
    dynamic = a_list(world, list_type="dynamic", criteria={"q": "lead3@example.com"})

    def found(*rows):
        rule = {"list": [str(row.pk) for row in rows]}
        return set(criteria.leads_of(rule, workspace=world.home).values_list("pk", flat=True))

    assert found(static) == set(ids(home[:2]))
    assert found(dynamic) == {home[3].pk}
    assert found(static, dynamic) == {*ids(home[:2]), home[3].pk}


def test_a_list_that_a_campaign_works_with_is_not_deleted(world, home):
    row = a_list(world)
    campaign = Campaign.objects.create(workspace=world.home, name="Spring", currency="USD")
    CampaignLeadList.objects.create(workspace=world.home, campaign=campaign, lead_list=row)
    with pytest.raises(Conflict, match="Spring"):
        lists.delete(row, actor=world.actor())
    CampaignLeadList.objects.update(detached_at=timezone.now(), is_active=False)
    lists.delete(row, actor=world.actor())
    with pytest.raises(NotFound):
        lists.find(row.pk, actor=world.actor())


def test_the_kind_of_a_list_stays(world, home):
    row = a_list(world)
    with pytest.raises(CampaignError) as refused:
        lists.change(row, actor=world.actor(), changes={"list_type": "smart"})
    assert refused.value.errors[0][:2] == ("list_type", "read_only")
    same = lists.change(row, actor=world.actor(), changes={"list_type": "static", "name": "New"})
    assert same.name == "New"

"""Campaigns through the API: shapes, moves, lists, leads, figures; who sees what."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, CampaignLead, CampaignLeadList, LeadList, LeadListMember
from leads.intake import LeadInput, receive
from leads.models import Contact, Lead
from tests.api import with_key


@pytest.fixture
def api(world):
    return with_key(world.key())


@pytest.fixture
def leads(world):
    with world.scope():
        return [
            receive(LeadInput(email=f"lead{n}@example.com"), actor=world.actor()).lead
            for n in range(4)
        ]


@pytest.fixture
def group(world, leads):
    with world.scope():
        row = LeadList.objects.create(workspace=world.home, name="Donors")
        LeadListMember.objects.bulk_create(
            [LeadListMember(workspace=world.home, lead_list=row, lead=lead) for lead in leads]
        )
        return row


def made(api, **values):
    answer = api.post("campaigns/", {"name": "Spring", **values})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_a_campaign_reads_as_it_was_written(api):
    hours = {"start": "09:00", "end": "18:00", "days": ["mon", "tue"]}
    retry = {"max_attempts": 3, "delays": {"busy": 30}}
    shown = made(api, description="All donors", script="Hello", calling_hours=hours, retry=retry)
    assert shown["status"] == "draft"
    assert shown["allowed_statuses"] == ["active"]
    assert (shown["calling_hours"], shown["retry"]) == (hours, retry)
    assert (shown["total_leads"], shown["conversion_rate"]) == (0, None)
    path = f"campaigns/{shown['id']}/"
    assert api.get(path).json() == shown
    assert api.get("campaigns/", count="true").json()["count"] == 1
    assert api.get("campaigns/", status="active").json()["results"] == []
    # Sent back as it is, it says nothing.
    again = api.patch(path, shown)
    assert again.status_code == 200, again.json()
    changed = api.patch(path, {"calling_hours": None, "retry": {"max_attempts": 7}}).json()
    assert changed["calling_hours"] is None
    assert changed["retry"] == {"max_attempts": 7, "delays": {"busy": 30}}


def test_its_status_moves_by_the_table_alone(api):
    path = f"campaigns/{made(api)['id']}/"
    refused = api.patch(path, {"status": "completed", "name": "Other"})
    assert refused.status_code == 409
    assert refused.json()["code"] == "illegal_transition"
    assert refused.json()["allowed"] == ["active"]
    assert api.get(path).json()["name"] == "Spring"
    for status in ("active", "paused", "active", "completed"):
        shown = api.patch(path, {"status": status}).json()
        assert shown["status"] == status
    assert shown["completed_at"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "asleep"}, "status"),
        ({"nmae": "Typo"}, "nmae"),
        ({"retry": {"max_attempts": 99}}, "retry.max_attempts"),
        ({"retry": {"delays": {"asleep": 5}}}, "retry.delays.asleep"),
        ({"calling_hours": {"start": "9", "end": "8"}}, "calling_hours"),
        ({"calling_hours": {"start": "09:00"}}, "calling_hours.end"),
        ({"total_leads": 5}, "total_leads"),
        ({"name": ""}, "name"),
    ],
)
def test_what_cannot_be_is_named(api, body, field):
    path = f"campaigns/{made(api)['id']}/"
    refused = api.patch(path, body)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]


def test_a_list_is_foreseen_attached_changed_and_taken_away(world, api, leads, group):
    path = f"campaigns/{made(api)['id']}/"
    with world.scope():
        Contact.objects.filter(pk=leads[0].contact_id).update(do_not_contact={"all": True})
    wanted = {"list_id": str(group.pk)}
    seen = api.post(f"{path}lists/preview/", wanted).json()
    assert (seen["new"], seen["excluded"], seen["without_phone"]) == (3, 1, 3)
    answer = api.post(f"{path}lists/", {**wanted, "priority": 2})
    assert answer.status_code == 201
    assert answer.json() == {"added": 3, "already_in": 0, "excluded": 1}
    (row,) = api.get(f"{path}lists/").json()["results"]
    assert (row["name"], row["priority"], row["total_leads"]) == ("Donors", 2, 3)
    changed = api.patch(f"{path}lists/{group.pk}/", {"priority": 1, "is_active": False}).json()
    assert (changed["priority"], changed["is_active"]) == (1, False)
    refused = api.patch(f"{path}lists/{group.pk}/", {"filter_criteria": {"colour": "red"}})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "filter_criteria.colour"
    assert api.delete(f"{path}lists/{group.pk}/").status_code == 204
    assert api.delete(f"{path}lists/{group.pk}/").status_code == 404
    assert api.get(path).json()["total_leads"] == 0


def test_the_leads_of_a_campaign_can_be_narrowed_and_found_among_all_leads(
    world, api, leads, group
):
    campaign = made(api)
    path = f"campaigns/{campaign['id']}/"
    api.post(f"{path}lists/", {"list_id": str(group.pk)})
    with world.scope():
        CampaignLead.objects.filter(lead=leads[0]).update(outcome="busy", status="queued")
    rows = api.get(f"{path}leads/", limit=3).json()
    assert len(rows["results"]) == 3
    assert len(api.get(rows["next"]).json()["results"]) == 1
    assert rows["results"][0]["lead_list_id"] == str(group.pk)
    (busy,) = api.get(f"{path}leads/", outcome="busy").json()["results"]
    assert (busy["lead_id"], busy["status"]) == (str(leads[0].pk), "queued")
    assert busy["email"] == "lead0@example.com"
    assert len(api.get(f"{path}leads/", status="new").json()["results"]) == 3
    assert len(api.get(f"{path}leads/", list_id=str(group.pk)).json()["results"]) == 4
    assert len(api.get("leads/", campaign=campaign["id"]).json()["results"]) == 4
    assert api.get("leads/", campaign=str(group.pk)).json()["results"] == []
    assert api.get("leads/", campaign="x").status_code == 422


def test_the_figures_of_a_campaign(world, api, leads, group):
    campaign = made(api)
    path = f"campaigns/{campaign['id']}/"
    api.post(f"{path}lists/", {"list_id": str(group.pk)})
    with world.scope():
        Lead.objects.filter(pk=leads[0].pk).update(quality_rating="hot", heat_score=20)
        now = leads[0].created_at
        CampaignLead.objects.filter(lead=leads[0]).update(
            status="converted",
            outcome="pledged",
            due_at=None,
            contacted_at=now,
            succeeded_at=now,
            pledged_amount="50.00",
            attempts=2,
        )
        CampaignLead.objects.filter(lead=leads[1]).update(
            status="contacted", outcome="interested", due_at=None, contacted_at=now, attempts=1
        )
    shown = api.get(f"{path}stats/").json()
    totals = shown["totals"]
    assert (totals["contacted_leads"], totals["successful_leads"]) == (2, 1)
    assert (totals["conversion_rate"], totals["pledged_amount"]) == ("50.00", "50.00")
    assert shown["lists"][0]["waiting_leads"] == 2
    assert shown["statuses"]["converted"] == 1
    assert {row["outcome"]: row["leads"] for row in shown["outcomes"]} == {
        "": 2,
        "interested": 1,
        "pledged": 1,
    }
    hot = next(row for row in shown["quality"] if row["quality_rating"] == "hot")
    assert (hot["count"], hot["average_score"], hot["successful_leads"]) == (1, "20.00", 1)


def test_who_may_and_who_does_not_see(world, api, group):
    path = f"campaigns/{made(api)['id']}/"
    reader = with_key(world.key(scopes=("read",)))
    assert reader.get(path).status_code == 200
    assert reader.patch(path, {"name": "Mine"}).status_code == 403
    assert reader.post("campaigns/", {"name": "Mine"}).status_code == 403
    assert reader.post(f"{path}lists/", {"list_id": str(group.pk)}).status_code == 403
    stranger = with_key(world.key(world.abroad))
    for method in ("get", "patch", "post", "delete"):
        for below in ("", "lists/", "leads/", "stats/", f"lists/{group.pk}/", "lists/preview/"):
            assert stranger.call(method, f"{path}{below}", {}).status_code == 404
    theirs = stranger.post("campaigns/", {"name": "Theirs"}).json()
    foreign = stranger.post(f"campaigns/{theirs['id']}/lists/", {"list_id": str(group.pk)})
    assert foreign.status_code == 404
    with world.scope():
        assert Campaign.objects.count() == 1
        assert not CampaignLeadList.objects.exists()


def test_reading_campaigns_costs_the_same_for_one_and_for_many(api, group):
    made(api)
    with CaptureQueriesContext(connection) as few:
        api.get("campaigns/")
    for n in range(4):
        campaign = made(api, name=f"C{n}")
        api.post(f"campaigns/{campaign['id']}/lists/", {"list_id": str(group.pk)})
    with CaptureQueriesContext(connection) as many:
        api.get("campaigns/")
    assert len(many) == len(few)

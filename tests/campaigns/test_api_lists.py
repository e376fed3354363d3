"""Lists at the API: reading, making, members, statistics, the filter and the bulk action."""

import pytest

from campaigns import smart_lists
from campaigns.models import Campaign, CampaignLead, CampaignLeadList, LeadList
from leads.bulk import job_runs
from tests.api import signed_in, with_key


@pytest.fixture
def api(world):
    return with_key(world.key())


def leads(api, number=3):
    return [
        api.post("leads/", {"email": f"p{n}@example.com", "source": "website"}).json()["id"]
        for n in range(number)
    ]


def made(api, **values):
    answer = api.post("lists/", {"name": "Donors", **values})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_list_is_made_read_changed_and_deleted(world, api):
    row = made(api, tags=["vip"], metadata={"from": "fair"}, description="Met in October")
    assert row["list_type"] == "static"
    assert (row["lead_count"], row["campaigns_used_in"], row["rule"]) == (0, 0, "")
    address = f"lists/{row['id']}/"
    assert api.get(address).json() == row
    changed = api.patch(address, {"name": "Major donors", "is_archived": True}).json()
    assert (changed["name"], changed["is_archived"]) == ("Major donors", True)
    assert api.get("lists/").json()["results"] == []
    assert [one["id"] for one in api.get("lists/", archived="true").json()["results"]] == [
        row["id"]
    ]
    assert api.put(address, {"is_archived": False, "lead_count": 0}).status_code == 200
    assert api.get("lists/", q="MAJOR", list_type="static,smart", tag="vip").json()["results"]
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


def test_members_are_put_in_read_and_taken_out(world, api):
    people = leads(api)
    row = made(api)
    address = f"lists/{row['id']}/members/"
    body = {"lead_ids": [*people[:2], "999999"], "notes": "Fair"}
    assert api.post(address, body).json() == {"added": 2, "already_in": 0, "missing": ["999999"]}
    assert api.post(address, {"lead_ids": people}).json()["already_in"] == 2
    shown = api.get(address, limit="2", count="true").json()
    assert shown["count"] == 3
    rest = api.get(address, limit="2", cursor=shown["next"].split("cursor=")[1].replace("%3D", "="))
    rows = shown["results"] + rest.json()["results"]
    assert {one["lead_id"] for one in rows} == set(people)
    assert {one["notes"] for one in rows} == {"Fair", ""}
    assert api.get(f"lists/{row['id']}/").json()["lead_count"] == 3
    removed = api.post(f"{address}remove/", {"lead_ids": people[:1]})
    assert removed.json() == {"removed": 1, "not_in": 0, "missing": []}
    assert api.get("leads/", list=row["id"], count="true").json()["count"] == 2


def test_rules_are_sentences_and_dynamic_lists_show_their_leads(world, api):
    people = leads(api)
    rule = {"source": ["website", "referral"], "open": True, "last_contacted_before": "30d"}
    row = made(api, list_type="dynamic", criteria=rule)
    assert row["rule"] == "Open; came by Website or Referral; last contacted before 30 days ago"
    row = made(api, list_type="dynamic", criteria={"open": "true"})
    assert row["lead_count"] == 3
    shown = api.get(f"lists/{row['id']}/members/").json()["results"]
    assert [one["lead_id"] for one in shown] == people[::-1]
    assert shown[0]["added_at"] is None
    refused = api.post(f"lists/{row['id']}/members/", {"lead_ids": people})
    assert (refused.status_code, refused.json()["code"]) == (422, "dynamic_list")
    assert api.get("leads/", list=row["id"], count="true").json()["count"] == 3


def test_a_smart_list_is_filled_at_once_and_kept(world, api):
    people = leads(api)
    row = made(api, list_type="smart", criteria={"status": "qualified"})
    api.post(f"leads/{people[0]}/qualify/", {})
    assert smart_lists.workspaces_with_changes() == [world.home.pk]
    smart_lists.rebuild_changed(world.home.pk)
    assert api.get(f"lists/{row['id']}/").json()["lead_count"] == 1
    assert api.get("leads/", list=row["id"]).json()["results"][0]["id"] == people[0]


def test_statistics_say_what_a_list_brought(world, api):
    people = leads(api)
    row = made(api)
    api.post(f"lists/{row['id']}/members/", {"lead_ids": people})
    with world.scope():
        for name in ("Spring", "Fall"):
            campaign = Campaign.objects.create(workspace=world.home, name=name, currency="USD")
            source = CampaignLeadList.objects.create(
                workspace=world.home, campaign=campaign, lead_list_id=row["id"]
            )
            now = campaign.created_at
            CampaignLead.objects.bulk_create(
                CampaignLead(
                    workspace=world.home,
                    campaign=campaign,
                    source=source,
                    lead_id=person,
                    status="converted" if number == 0 else "contacted",
                    due_at=None,
                    contacted_at=now,
                    succeeded_at=now if number == 0 else None,
                )
                for number, person in enumerate(people)
            )
    (shown,) = api.get("lists/stats/").json()["results"]
    assert (shown["campaigns_used_in"], shown["contacted_leads"]) == (2, 6)
    assert (shown["total_conversions"], shown["conversion_rate"]) == (2, "33.33")
    assert api.get("lists/").json()["results"][0]["campaigns_used_in"] == 2
    refused = api.delete(f"lists/{row['id']}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "list_in_use")


def test_who_may_do_what(world, api):
    row = made(api)
    rep = signed_in(world.rep)
    assert rep.get(f"lists/{row['id']}/").status_code == 200
    assert rep.post("lists/", {"name": "Mine"}).status_code == 403
    assert rep.patch(f"lists/{row['id']}/", {"name": "Mine"}).status_code == 403
    assert rep.post(f"lists/{row['id']}/members/", {"lead_ids": ["1"]}).status_code == 403
    stranger = with_key(world.key(world.abroad))
    for address in (f"lists/{row['id']}/", f"lists/{row['id']}/members/", "lists/nonsense/"):
        assert stranger.get(address).status_code == 404
    assert stranger.post(f"lists/{row['id']}/members/remove/", {}).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "x", "lead_count": 3}, "lead_count"),
        ({"name": "x", "list_type": "smart"}, "criteria"),
        ({"name": "x", "list_type": "dynamic", "criteria": {"heat": "tepid"}}, "criteria.heat"),
        ({"name": "x", "list_type": "dynamic", "criteria": {"attr.no": "1"}}, "criteria.attr.no"),
        ({"name": "x", "list_type": "dynamic", "criteria": {"cursor": "1"}}, "criteria.cursor"),
    ],
)
def test_a_bad_body_is_named_by_field(api, body, field):
    refused = api.post("lists/", body)
    assert refused.status_code == 422
    assert field in [error["field"] for error in refused.json()["errors"]]


def test_many_leads_are_put_in_by_a_bulk_action(world, api):
    leads(api, 4)
    asked = api.post(
        "leads/bulk/", {"action": "add_to_list", "filter": {"open": True}, "new_list": "Everybody"}
    )
    assert asked.status_code == 202, asked.content
    assert asked.json()["parameters"]["name"] == "Everybody"
    job_runs.work_off()
    with world.scope():
        row = LeadList.objects.get()
        assert row.lead_count == 4
    refused = api.post("leads/bulk/", {"action": "add_to_list", "filter": {"open": True}})
    assert refused.json()["errors"][0]["field"] == "list_id"
    again = api.post(
        "leads/bulk/", {"action": "add_to_list", "filter": {"open": True}, "list_id": str(row.pk)}
    ).json()
    job_runs.work_off()
    assert api.get(f"jobs/{again['id']}/").json()["result"]["unchanged"] == 4

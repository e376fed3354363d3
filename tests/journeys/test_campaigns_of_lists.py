"""Seed 004's use cases 3 and 5, through the API: several lists in one campaign, one in several."""

import pytest

from tests.api import with_key


@pytest.fixture
def api(world):
    return with_key(world.key())


def lead(api, name):
    made = api.post("leads/", {"first_name": name, "email": f"{name.lower()}@example.com"})
    assert made.status_code == 201, made.json()
    return made.json()["id"]


def a_list(api, name, lead_ids):
    group = api.post("lists/", {"name": name, "list_type": "static"}).json()["id"]
    assert api.post(f"lists/{group}/members/", {"lead_ids": lead_ids}).status_code in (200, 201)
    return group


def campaign(api, name, **values):
    made = api.post("campaigns/", {"name": name, **values})
    assert made.status_code == 201, made.json()
    return f"campaigns/{made.json()['id']}/"


def add(api, path, group, priority):
    answer = api.post(f"{path}lists/", {"list_id": group, "priority": priority})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def called(api, path, outcome, **facts):
    """The next lead, and what came of calling them; None when nobody is due."""
    answer = api.post(f"{path}next/")
    if answer.status_code == 204:
        return None
    taken = answer.json()
    recorded = api.post(
        f"campaign-leads/{taken['id']}/attempts/", {"outcome": outcome, "duration": 60, **facts}
    )
    assert recorded.status_code in (200, 201), recorded.json()
    return taken["lead_id"]


def test_use_case_3_a_campaign_works_through_several_lists_by_priority(api):
    ann, bob, cay, dan = (lead(api, name) for name in ("Ann", "Bob", "Cay", "Dan"))
    donors = a_list(api, "Major donors", [ann])
    guests = a_list(api, "Event attendees", [ann, bob])
    readers = a_list(api, "Newsletter", [bob, cay, dan])
    path = campaign(api, "Year End Campaign")
    # As the seed has it: a draft first, then the lists, each with its place.
    assert add(api, path, readers, 3) == {"added": 3, "already_in": 0, "excluded": 0}
    assert add(api, path, donors, 1) == {"added": 1, "already_in": 0, "excluded": 0}
    assert add(api, path, guests, 2) == {"added": 0, "already_in": 2, "excluded": 0}
    sources = {
        row["lead_id"]: row["lead_list_id"] for row in api.get(f"{path}leads/").json()["results"]
    }
    assert sources == {ann: donors, bob: readers, cay: readers, dan: readers}
    refused = api.post(f"{path}next/")
    assert refused.status_code == 409
    assert api.patch(path, {"status": "active"}).json()["total_leads"] == 4
    assert called(api, path, "pledged", pledged_amount="100.00") == ann
    assert called(api, path, "donated", donated_amount="20.50") == bob
    assert called(api, path, "not_interested") == cay
    assert called(api, path, "no_answer") == dan
    assert called(api, path, "busy") is None
    lists = {row["list_id"]: row for row in api.get(f"{path}lists/").json()["results"]}
    assert [row["priority"] for row in lists.values()] == [1, 2, 3]
    assert (lists[donors]["successful_leads"], lists[donors]["conversion_rate"]) == (1, "100.00")
    assert lists[donors]["completed_at"]
    assert (lists[readers]["contacted_leads"], lists[readers]["successful_leads"]) == (2, 1)
    assert (lists[readers]["conversion_rate"], lists[readers]["completed_at"]) == ("50.00", None)
    assert lists[guests]["total_leads"] == 0
    totals = api.get(f"{path}stats/").json()["totals"]
    assert (totals["total_leads"], totals["waiting_leads"], totals["attempts"]) == (4, 1, 4)
    assert (totals["pledged_amount"], totals["donated_amount"]) == ("100.00", "20.50")
    assert (totals["talk_time"], totals["conversion_rate"]) == (240, "66.67")


def test_use_case_5_each_campaign_tracks_its_own_progress_with_the_same_list(api):
    ann, bob = lead(api, "Ann"), lead(api, "Bob")
    donors = a_list(api, "Major donors", [ann, bob])
    spring, fall = campaign(api, "Spring"), campaign(api, "Fall")
    for path in (spring, fall):
        assert add(api, path, donors, 1)["added"] == 2
        api.patch(path, {"status": "active"})
    assert api.get(f"lists/{donors}/").json()["campaigns_used_in"] == 2
    first = called(api, spring, "donated", donated_amount="50.00")
    assert called(api, fall, "not_interested") == first
    assert called(api, fall, "converted") in (ann, bob)
    figures = [api.get(path).json() for path in (spring, fall)]
    assert [one["successful_leads"] for one in figures] == [1, 1]
    assert [one["contacted_leads"] for one in figures] == [1, 2]
    assert [one["waiting_leads"] for one in figures] == [1, 0]
    assert [one["donated_amount"] for one in figures] == ["50.00", "0.00"]
    (used,) = [one for one in api.get("lists/stats/").json()["results"] if one["list_id"] == donors]
    assert (used["campaigns_used_in"], used["total_conversions"]) == (2, 2)
    # A new lead in the list joins neither by itself; adding the list again brings just them.
    cay = lead(api, "Cay")
    api.post(f"lists/{donors}/members/", {"lead_ids": [cay]})
    assert add(api, spring, donors, 1) == {"added": 1, "already_in": 2, "excluded": 0}
    assert api.get(fall).json()["total_leads"] == 2
    assert api.get("leads/", campaign=fall.split("/")[1]).json()["results"][0]["id"] != cay

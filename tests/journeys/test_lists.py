"""Seed 004's use cases 1 and 2 through the API, without a file: leads first, or lists first."""

import pytest

from campaigns import smart_lists
from leads.bulk import job_runs
from tests.api import with_key

PEOPLE = (
    {"first_name": "John", "last_name": "Doe", "email": "john@example.com"},
    {"first_name": "Jane", "last_name": "Smith", "email": "jane@example.com", "tags": ["events"]},
)


@pytest.fixture
def api(world):
    return with_key(world.key())


def upload(api):
    return [api.post("leads/", {**one, "source": "csv_import"}).json()["id"] for one in PEOPLE]


def count(api, row):
    return api.get(f"lists/{row['id']}/").json()["lead_count"]


def test_use_case_1_leads_are_sent_in_and_kept_in_a_list_for_later(api):
    people = upload(api)
    values = {"name": "Q4 2025 Prospects", "description": "Uploaded from October event"}
    made = api.post("lists/", values).json()
    assert made["list_type"] == "static"
    added = api.post(f"lists/{made['id']}/members/", {"lead_ids": people}).json()
    assert added == {"added": 2, "already_in": 0, "missing": []}
    shown = api.get("lists/").json()["results"]
    assert [(row["name"], row["lead_count"]) for row in shown] == [("Q4 2025 Prospects", 2)]
    # They are nobody's campaign: the list waits to be used.
    assert shown[0]["campaigns_used_in"] == 0
    found = api.get("leads/", list=made["id"]).json()["results"]
    assert {row["id"] for row in found} == set(people)


def test_use_case_2_lists_first_and_leads_are_assigned_to_them(api, world):
    donors, guests, readers = (
        api.post("lists/", values).json()
        for values in (
            {"name": "Major Donors", "tags": ["high-value", "priority"]},
            {
                "name": "Event Attendees",
                "tags": ["events", "engaged"],
                "list_type": "smart",
                "criteria": {"tag": "events"},
            },
            {"name": "Newsletter Subscribers", "tags": ["email", "nurture"]},
        )
    )
    john, jane = upload(api)
    api.post(f"lists/{donors['id']}/members/", {"lead_ids": [john], "notes": "Gave 10,000"})
    everybody = {"action": "add_to_list", "filter": {"open": True}, "list_id": readers["id"]}
    api.post("leads/bulk/", everybody)
    smart_lists.rebuild_changed(world.home.pk)
    job_runs.work_off()
    assert [count(api, row) for row in (donors, guests, readers)] == [1, 1, 2]
    assert api.get("leads/", list=guests["id"]).json()["results"][0]["id"] == jane
    tagged = api.get("lists/", tag="priority").json()["results"]
    assert [row["name"] for row in tagged] == ["Major Donors"]

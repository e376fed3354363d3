"""Interactions, appointments and contacts over REST."""

import pytest

from accounts.api_lists import ParameterFamily
from leads.api.leads import LeadsView
from leads.api.listings import (
    APPOINTMENTS,
    INTERACTIONS,
    AppointmentFilter,
    InteractionFilter,
)
from leads.listing.filters import LeadFilter
from leads.models import Interaction
from tests.api import with_key

SOON = "2030-05-01T10:00:00Z"


@pytest.fixture
def api(world):
    return with_key(world.key())


@pytest.fixture
def ann(api):
    return api.post("leads/", {"email": "ann@example.com", "first_name": "Ann"}).json()


def test_touchpoints_heat_the_lead_and_say_why(api, ann):
    path = f"leads/{ann['number']}/interactions/"
    answer = api.post(path, {"type": "price_quote", "platform": "website", "payload": {"a": 1}})
    assert (answer.status_code, answer.json()["payload"]) == (201, {"a": 1})
    lead = api.get(f"leads/{ann['number']}/").json()
    assert (lead["heat"], lead["heat_score"]) == ("WARM", 8)
    assert lead["heat_explanation"] == {
        "score": 8,
        "heat": "WARM",
        "points_to_next": 8,
        "next_level": "HOT",
        "half_life_days": None,
        "points": [
            {
                "type": "price_quote",
                "count": 1,
                "points": 8,
                "weight": 8,
                "cap": None,
                "is_capped": False,
                "first_at": answer.json()["at"],
                "last_at": answer.json()["at"],
            }
        ],
        "trend": {"last_7_days": 8, "previous_7_days": 0, "change": 8},
    }
    assert api.post(path, {"type": "status_change"}).status_code == 422
    assert api.post(path, {"type": "note", "at": "2999-01-01T00:00:00Z"}).status_code == 422


def test_the_feed_is_narrowed_by_what_and_when(api, ann):
    path = f"leads/{ann['number']}/interactions/"
    api.post(path, {"type": "call_inbound", "platform": "phone", "at": "2024-02-01T10:00:00Z"})
    api.post(path, {"type": "note"})
    for feed in ("interactions/", path):
        calls = api.get(feed, type="call_inbound,sms", platform="phone").json()["results"]
        assert [row["type"] for row in calls] == ["call_inbound"]
        day = {"from": "2024-02-01", "to": "2024-02-01"}
        assert len(api.get(feed, type="call_inbound", **day).json()["results"]) == 1
        assert api.get(feed, type="note", **day).json()["results"] == []
        assert api.get(feed, type="moon").status_code == 422
    assert api.get(f"leads/{ann['number']}/").json()["status"] == "conversing"


def test_an_appointment_and_its_status_move_the_lead(api, ann):
    lead = f"leads/{ann['number']}"
    made = api.post(f"{lead}/appointments/", {"scheduled_for": SOON, "location": "Room 2"})
    assert made.status_code == 201
    visit = made.json()
    assert api.get(f"{lead}/").json()["status"] == "scheduled"
    again = api.post(f"{lead}/appointments/", {"scheduled_for": SOON, "location": "Room 2"})
    assert (again.status_code, again.json()["id"]) == (200, visit["id"])
    for path in (f"appointments/{visit['id']}/", f"{lead}/appointments/{visit['id']}"):
        assert api.get(path).json() == visit
    missed = api.patch(f"appointments/{visit['id']}/", {"status": "no_show"}).json()
    assert missed["status"] == "no_show"
    assert api.get(f"{lead}/").json()["status"] == "new"
    new_time = {"scheduled_for": "2030-05-02T10:00:00Z", "external_ref": "b-2"}
    again = api.patch(f"{lead}/appointments/{visit['id']}/", new_time).json()
    assert (again["status"], again["external_ref"]) == ("scheduled", "b-2")
    assert (
        api.put(f"appointments/{visit['id']}/", again | {"status": "attended"}).json()["status"]
        == "attended"
    )
    assert api.get(f"{lead}/").json()["status"] == "completed"
    refused = api.patch(f"appointments/{visit['id']}/", {"status": "canceled"})
    assert refused.status_code == 409


def test_a_visit_that_took_place_is_written_down_in_one_call(api, ann):
    lead = f"leads/{ann['number']}"
    body = {"scheduled_for": "2024-05-01T10:00:00Z", "status": "attended"}
    assert api.post(f"{lead}/appointments/", body).json()["status"] == "attended"
    assert api.get(f"{lead}/").json()["status"] == "completed"
    assert api.post(f"{lead}/appointments/", {"scheduled_for": SOON}).status_code == 409


def test_an_external_reference_belongs_to_one_appointment(api, ann):
    bob = api.post("leads/", {"email": "bob@example.com"}).json()
    body = {"scheduled_for": SOON, "external_ref": "b-1"}
    assert api.post(f"leads/{ann['id']}/appointments/", body).status_code == 201
    taken = api.post(f"leads/{bob['id']}/appointments/", body)
    assert (taken.status_code, taken.json()["code"]) == (409, "external_ref_taken")
    other = api.post(f"leads/{bob['id']}/appointments/", {"scheduled_for": SOON}).json()
    taken = api.patch(f"appointments/{other['id']}/", {"external_ref": "b-1"})
    assert (taken.status_code, taken.json()["code"]) == (409, "external_ref_taken")
    assert api.get(f"leads/{ann['id']}/appointments/{other['id']}/").status_code == 404
    mine = api.get("appointments/", status="scheduled", **{"from": "2030-01-01"}).json()
    assert len(mine["results"]) == 2


def test_scheduling_takes_an_appointment_or_its_id(api, ann):
    lead = f"leads/{ann['id']}"
    for body in ({}, {"appointment": {}}, {"appointment": {"scheduled_for": "soon"}}):
        assert api.post(f"{lead}/schedule/", body).status_code == 422
    assert api.post(f"{lead}/schedule/", {"appointment_id": ann["id"]}).status_code == 422
    api.post(f"{lead}/schedule/", {"appointment": {"scheduled_for": SOON}})
    visit = api.get(f"{lead}/appointments/").json()["results"][0]
    api.patch(f"appointments/{visit['id']}/", {"status": "canceled"})
    again = api.post(f"{lead}/schedule/", {"appointment_id": visit["id"]})
    assert again.json()["status"] == "scheduled"


def test_a_contact_is_read_by_both_names_and_changed_on_all_its_leads(api, ann, world):
    number = api.get(f"contacts/{ann['contact_id']}/").json()["number"]
    changed = api.patch(
        f"contacts/{number}/", {"phone": "+49 30 1234567", "consent": {"email": False}}
    )
    assert changed.json()["phone_e164"] == "+49301234567"
    assert changed.json()["lifetime_value"] == "0.00"
    lead = api.get(f"leads/{ann['id']}/").json()
    assert (lead["phone"], lead["consent"]) == ("+49 30 1234567", {"email": False})
    with world.scope():
        steps = [row.payload.get("step") for row in Interaction.objects.filter(lead=ann["id"])]
    assert "updated" in steps
    assert api.put(f"contacts/{number}/", changed.json()).status_code == 200
    refused = api.patch(f"contacts/{number}/", {"conversion_count": 9})
    assert (refused.status_code, refused.json()["code"]) == (422, "read_only")


def test_contacts_are_searched(api, ann):
    assert len(api.get("contacts/", q="ann").json()["results"]) == 1
    assert api.get("contacts/", q="bob").json()["results"] == []
    assert api.get("contacts/", q="x" * 300).status_code == 422


def test_every_filter_is_documented():
    paging = {"ordering", "limit", "cursor", "count", "workspace_id", "workspaceId"}
    for parameters, filters in (
        (LeadsView().parameters("GET"), LeadFilter),
        (INTERACTIONS.parameters, InteractionFilter),
        (APPOINTMENTS.parameters, AppointmentFilter),
    ):
        named = [one for one in parameters if not isinstance(one, ParameterFamily)]
        documented = {parameter.name for parameter in named}
        assert documented - paging == set(filters.base_filters)

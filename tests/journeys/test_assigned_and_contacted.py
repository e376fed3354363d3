"""Seed 001's testing checklist, as an outside system and two reps go through it.

A lead is created, enriched, assigned, contacted twice, in conversation, reassigned and converted.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.api import signed_in, with_key

ANN = {"first_name": "Ann", "last_name": "Moss", "company": "Acme", "status": "new"}


@pytest.fixture
def api(world):
    return with_key(world.key())


@pytest.fixture
def lead(api):
    made = api.post("leads/", ANN)
    assert made.status_code == 201
    return f"leads/{made.json()['id']}/"


def test_the_checklist_from_new_to_converted(world, api, lead):
    manager = signed_in(world.manager)
    assert api.get(lead).json()["status"] == "new"

    enriched = api.post(
        lead, {"status": "enriched", "enrichment_data": {"email": "ann@acme.example"}}
    ).json()
    assert (enriched["status"], enriched["email"]) == ("enriched", "ann@acme.example")

    given = manager.post(f"{lead}assign/", {"userId": str(world.rep.pk)}).json()
    assert given["assigned_to_user_id"] == str(world.rep.pk)
    assert given["assigned_at"] is not None

    rep = signed_in(world.rep)
    before = timezone.now() - timedelta(seconds=1)
    contacted = rep.post(f"{lead}contact/", {"method": "email", "subject": "Hello"}).json()
    assert (contacted["status"], contacted["last_contact_method"]) == ("contacted", "email")
    assert contacted["last_contacted_at"] > before.isoformat()
    again = rep.post(f"{lead}contact/", {"method": "linkedin", "notes": "Sent a message."}).json()
    assert (again["contact_count"], again["last_contact_method"]) == (2, "linkedin")
    assert again["status"] == "contacted"

    assert rep.post(f"{lead}converse/").json()["status"] == "conversing"

    manager.post(f"{lead}assign/", {"userId": str(world.other_rep.pk)})
    mine = {"assigned_to_me": "true"}
    assert signed_in(world.other_rep).get("leads/", **mine).json()["results"] != []
    assert rep.get("leads/", **mine).json()["results"] == []

    assert api.post(f"{lead}convert/").json()["status"] == "converted"


def test_who_was_not_contacted_for_thirty_days_is_found(api, lead):
    thirty_days_ago = timezone.now() - timedelta(days=30)
    asked = {"last_contacted_before": thirty_days_ago.isoformat()}
    at = (thirty_days_ago - timedelta(days=2)).isoformat()
    api.post(f"{lead}contacted/", {"method": "call", "at": at})
    assert [row["first_name"] for row in api.get("leads/", **asked).json()["results"]] == ["Ann"]
    api.post(f"{lead}contact/", {"method": "call"})
    assert api.get("leads/", **asked).json()["results"] == []


def test_the_four_widgets_count_what_their_lists_show(world, api, lead):
    rep = signed_in(world.rep)
    signed_in(world.manager).post(f"{lead}assign/", {"user_id": str(world.rep.pk)})
    api.post(f"{lead}enrich/", {"enrichment_data": {"industry": "Solar"}, "status": "enriched"})
    names = ("my_leads", "ready_for_outreach", "in_conversation", "follow_ups_due")

    def widgets():
        shown = rep.get("leads/dashboard/").json()
        return tuple(shown[name] for name in names)

    assert widgets() == (1, 1, 0, 0)
    long_ago = (timezone.now() - timedelta(days=8)).isoformat()
    rep.post(f"{lead}contacted/", {"method": "email", "at": long_ago})
    assert widgets() == (1, 0, 0, 1)
    rep.post(f"{lead}converse/")
    assert widgets() == (1, 0, 1, 1)
    due = rep.get("leads/", follow_up_due="true", assigned_to_me="true").json()["results"]
    assert len(due) == 1

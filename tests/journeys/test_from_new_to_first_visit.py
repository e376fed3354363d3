"""Seed 000's first two milestones: leads kept, moved, closed by timers, measured."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads import sweeping
from leads.models import Lead
from tests.api import signed_in, with_key


@pytest.fixture
def api(world):
    return with_key(world.key())


def make(api, name):
    return f"leads/{api.post('leads/', {'first_name': name}).json()['id']}/"


def test_leads_are_created_listed_read_and_changed(world, api):
    lead = make(api, "Ann")
    api.put(lead, {"last_name": "Moss", "phone": "+1 800 555 0100"})
    shown = api.get(lead).json()
    assert (shown["first_name"], shown["last_name"]) == ("Ann", "Moss")
    assert shown["appointments"] == []
    assert shown["interactions"] != []
    assert [row["id"] for row in api.get("leads/", q="moss").json()["results"]] == [shown["id"]]
    page = signed_in(world.rep).client
    assert "Ann Moss" in page.get("/w/home/leads/").text
    assert "Ann Moss" in page.get(f"/w/home/leads/{shown['number']}/").text


def test_the_whole_lifecycle_by_hand(api):
    lead = make(api, "Ann")
    assert api.post(f"{lead}contacted/", {"method": "call"}).json()["status"] == "contacted"
    assert api.post(f"{lead}qualify/").json()["status"] == "qualified"

    refused = api.post(f"{lead}schedule/", {})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "appointment"
    assert api.get(lead).json()["status"] == "qualified"

    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    visit = {"appointment": {"scheduled_for": tomorrow, "location": "Main St 1"}}
    assert api.post(f"{lead}schedule/", visit).json()["status"] == "scheduled"
    assert api.post(f"{lead}complete/").json()["status"] == "completed"
    assert api.get(lead).json()["appointments"][0]["status"] == "attended"

    illegal = api.post(f"{lead}qualify/")
    assert (illegal.status_code, illegal.json()["code"]) == (409, "illegal_transition")
    assert "convert" in illegal.json()["allowed"]


def test_a_lead_is_lost_with_its_reasons(api):
    lead = make(api, "Ann")
    assert api.post(f"{lead}lost/", {}).status_code == 422
    reasons = {"loss_reason": "no_contact", "unqualified_reason": "no_contact"}
    lost = api.post(f"{lead}lost/", reasons).json()
    assert (lost["status"], lost["loss_reason"]) == ("lost", "no_contact")
    shown = api.get("leads/metrics/").json()
    assert shown["counts"]["lost"] == 1
    assert shown["loss_reasons"] == shown["unqualified_reasons"] == {"no_contact": 1}


def test_after_thirty_days_the_timers_close_what_nobody_worked(world, api):
    silent, quiet = make(api, "Silent"), make(api, "Quiet")
    api.post(f"{quiet}qualify/")
    with world.scope():
        Lead.objects.update(auto_close_alarm_at=timezone.now() - timedelta(minutes=1))
    assert sweeping.close_overdue() == 2
    found = {row["first_name"]: row for row in api.get("leads/", status="lost").json()["results"]}
    assert (found["Silent"]["loss_reason"], found["Silent"]["unqualified_reason"]) == (
        "no_contact",
        "no_contact",
    )
    assert found["Quiet"]["loss_reason"] == "lost_contact"
    assert api.get(silent).json()["allowed_transitions"] == ["reopen"]


def test_the_metrics_tell_how_long_each_step_took(api):
    lead = make(api, "Ann")
    api.post(f"{lead}contacted/", {"method": "call"})
    api.post(f"{lead}qualify/")
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    api.post(f"{lead}schedule/", {"appointment": {"scheduled_for": tomorrow}})
    make(api, "Bea")
    shown = api.get("leads/metrics/").json()
    for step in ("time_to_contact", "time_to_qualify", "time_to_schedule"):
        assert shown[step]["n"] == 1
        assert shown[step]["average"] >= 0
    assert shown["rates"]["contacted"] == shown["rates"]["scheduled"] == 50

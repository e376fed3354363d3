"""Calling through the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import CampaignLead
from tests.api import signed_in, with_key
from tests.campaigns.calls import a_campaign, a_source, some_leads


@pytest.fixture
def campaign(world):
    with world.scope():
        made = a_campaign(world)
        a_source(world, made, some_leads(world, 2))
        return made


def test_next_and_what_came_of_the_call(world, campaign):
    rep = signed_in(world.rep)
    answer = rep.post(f"campaigns/{campaign.pk}/next/")
    assert answer.status_code == 200
    row = answer.json()
    assert (row["status"], row["script"], row["next_attempt_at"]) == ("calling", "Hello!", None)
    assert row["lead"]["phone_e164"] == "+18005550100"
    assert row["leased_by_user_id"] == str(world.rep.pk)
    assert rep.post(f"campaigns/{campaign.pk}/next/").json()["id"] == row["id"]
    at = (timezone.now() + timedelta(hours=2)).isoformat()
    body = {
        "outcome": "callback",
        "duration": 42,
        "notes": "Later.",
        "callback_at": at,
        "pledged_amount": "12.50",
        "lease_token": row["lease_token"],
    }
    made = rep.post(f"campaign-leads/{row['id']}/attempts/", body)
    assert made.status_code == 201
    after = made.json()["campaign_lead"]
    assert (after["status"], after["attempts"], after["pledged_amount"]) == ("queued", 1, "12.50")
    assert after["next_attempt_at"] == after["callback_at"] == made.json()["callback_at"]
    again = rep.post(f"campaign-leads/{row['id']}/attempts/", body)
    assert again.json()["id"] == made.json()["id"]
    calls = rep.get(f"campaign-leads/{row['id']}/attempts/").json()["results"]
    assert [call["notes"] for call in calls] == ["Later."]
    assert rep.get(f"campaign-leads/{row['id']}/").json() == after
    timeline = rep.get(f"leads/{row['lead_id']}/interactions/", type="call_outbound").json()
    assert timeline["results"][0]["payload"]["outcome"] == "callback"


def test_a_key_gets_one_lead_after_the_other_until_nobody_is_due(world, campaign):
    key = with_key(world.key())
    found = [key.post(f"campaigns/{campaign.pk}/next/") for _ in range(3)]
    assert [answer.status_code for answer in found] == [200, 200, 204]
    first, second = (answer.json()["id"] for answer in found[:2])
    assert first != second
    assert key.post(f"campaign-leads/{first}/release/").json()["status"] == "queued"
    assert key.post(f"campaigns/{campaign.pk}/next/").json()["id"] == first


def test_an_idempotent_next_is_one_lead(world, campaign):
    key = with_key(world.key(), Idempotency_Key="one")
    first = key.post(f"campaigns/{campaign.pk}/next/").json()
    assert key.post(f"campaigns/{campaign.pk}/next/").json() == first


def test_what_is_wrong_is_said(world, campaign):
    rep = signed_in(world.rep)
    row = rep.post(f"campaigns/{campaign.pk}/next/").json()
    address = f"campaign-leads/{row['id']}/attempts/"
    bad = rep.post(address, {"outcome": "hung_up", "duration": 3})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "outcome")
    bad = rep.post(address, {"outcome": "busy", "pledged_amount": -1})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "pledged_amount")
    assert rep.post(address, {}).status_code == 422
    lost = signed_in(world.other_rep).post(address, {"outcome": "busy"})
    assert (lost.status_code, lost.json()["code"]) == (409, "lease_lost")
    with world.scope():
        campaign.status = "paused"
        campaign.save(update_fields=["status"])
    refused = signed_in(world.other_rep).post(f"campaigns/{campaign.pk}/next/")
    assert (refused.status_code, refused.json()["code"]) == (409, "campaign_not_active")


def test_viewers_readers_and_strangers(world, campaign):
    with world.scope():
        row = CampaignLead.objects.first()
    for path in (f"campaigns/{campaign.pk}/next/", f"campaign-leads/{row.pk}/attempts/"):
        assert signed_in(world.viewer).post(path, {"outcome": "busy"}).status_code == 403
        read = with_key(world.key(scopes=("read",)))
        assert read.post(path, {"outcome": "busy"}).status_code == 403
        assert signed_in(world.stranger, "abroad").post(path, {}).status_code == 404
    assert signed_in(world.viewer).get(f"campaign-leads/{row.pk}/").status_code == 200
    assert signed_in(world.stranger, "abroad").get(f"campaign-leads/{row.pk}/").status_code == 404


def test_a_workspaces_own_outcomes(world, campaign):
    manager = signed_in(world.manager)
    body = {"code": "brochure", "label": "Wants the brochure", "status": "contacted"}
    made = manager.post("call-outcomes/", {**body, "is_reached": True})
    assert made.status_code == 201
    assert manager.post("call-outcomes/", body).status_code == 409
    assert manager.post("call-outcomes/", {**body, "code": "busy"}).status_code == 422
    assert signed_in(world.rep).post("call-outcomes/", body).status_code == 403
    listed = signed_in(world.rep).get("call-outcomes/").json()["results"]
    assert [one["code"] for one in listed] == ["brochure"]
    address = f"call-outcomes/{made.json()['id']}/"
    assert manager.patch(address, {"label": "Brochure"}).json()["label"] == "Brochure"
    row = signed_in(world.rep).post(f"campaigns/{campaign.pk}/next/").json()
    called = signed_in(world.rep).post(
        f"campaign-leads/{row['id']}/attempts/", {"outcome": "brochure"}
    )
    assert called.json()["campaign_lead"]["status"] == "contacted"

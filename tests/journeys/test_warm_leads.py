"""Seed 002's acceptance criteria 1, 3, 4 and 5: profile, scoring, touchpoints, the heat dashboard.

What social platforms send by themselves (criterion 2) comes with their connections.
"""

import pytest

from tests.api import signed_in, with_key

PROFILE = {
    "first_name": "Ann",
    "email": "ann@example.com",
    "source": "instagram",
    "social_profiles": [
        {"platform": "instagram", "handle": "ann.moss", "url": "https://instagram.com/ann.moss"}
    ],
    "custom_fields": {"roof_size": 120},
    "tags": ["vip"],
}
CHANNELS = ("website", "facebook", "instagram", "linkedin", "referral", "direct", "other")


@pytest.fixture
def api(world):
    return with_key(world.key())


@pytest.fixture
def lead(api):
    return f"leads/{api.post('leads/', PROFILE).json()['id']}/"


def touch(api, lead, kind, **facts):
    answer = api.post(f"{lead}interactions/", {"type": kind, **facts})
    assert answer.status_code == 201, answer.json()


def test_the_profile_holds_custom_fields_social_profiles_and_history(world, api, lead):
    touch(api, lead, "note", payload={"text": "Asked about a flat roof."})
    shown = api.get(lead).json()
    assert shown["custom_fields"] == {"roof_size": 120}
    assert shown["social_profiles"][0]["handle"] == "ann.moss"
    assert shown["interactions"][0]["type"] == "note"
    page = signed_in(world.rep).client.get(f"/w/home/leads/{shown['number']}/").text
    for part in ("120", "ann.moss", "Asked about a flat roof."):
        assert part in page


@pytest.mark.parametrize("source", CHANNELS)
def test_a_lead_of_every_channel_keeps_its_source(api, source):
    made = api.post("leads/", {"first_name": "Ann", "source": source}).json()
    assert made["source"] == source
    assert api.get("leads/", source=source).json()["results"][0]["id"] == made["id"]


@pytest.mark.parametrize(
    ("kinds", "score", "heat"),
    [
        (["info_request"], 5, "COLD"),
        (["info_request", "social_like"], 6, "WARM"),
        (["site_visit", "info_request"], 15, "WARM"),
        (["site_visit", "info_request", "social_follow"], 16, "HOT"),
        (["price_quote", "website_visit"], 10, "WARM"),
    ],
)
def test_each_touchpoint_moves_the_heat_at_once(world, api, lead, kinds, score, heat):
    for kind in kinds:
        touch(api, lead, kind)
    shown = api.get(lead).json()
    assert (shown["heat_score"], shown["heat"]) == (score, heat)
    assert sum(one["points"] for one in shown["heat_explanation"]["points"]) == score
    page = signed_in(world.rep).client.get(f"/w/home/leads/{shown['number']}/").text
    assert f"is-{heat.lower()}" in page


def test_the_timeline_is_in_order_and_can_be_narrowed(world, api, lead):
    touch(api, lead, "social_follow", platform="instagram", at="2026-01-02T10:00:00Z")
    touch(api, lead, "website_visit", platform="website", at="2026-01-03T10:00:00Z")
    touch(api, lead, "call_outbound", at="2026-01-04T10:00:00Z")
    asked = {"type": "call_outbound,website_visit,social_follow"}
    rows = api.get(f"{lead}interactions/", **asked).json()["results"]
    assert [row["type"] for row in rows] == ["call_outbound", "website_visit", "social_follow"]
    feed = api.get("interactions/", platform="instagram").json()["results"]
    assert [row["type"] for row in feed] == ["social_follow"]


def test_a_rep_enters_a_touchpoint_by_hand(world, api, lead):
    shown = api.get(lead).json()
    client = signed_in(world.rep).client
    body = {"kind": "touchpoint", "type": "social_like", "platform": "instagram"}
    assert client.post(f"/w/home/leads/{shown['number']}/log/", body).status_code == 302
    after = api.get(lead).json()
    assert after["heat_score"] == shown["heat_score"] + 1
    assert after["interactions"][0]["platform"] == "instagram"


def test_the_dashboards_show_heat_pipeline_and_social_trend(world, api, lead):
    for kind in ("site_visit", "price_quote"):
        touch(api, lead, kind)
    touch(api, lead, "social_like", platform="instagram")
    cold = api.post("leads/", {"first_name": "Cole"}).json()
    client = signed_in(world.rep).client
    warm_page = client.get("/w/home/heat/").text
    assert "Ann" in warm_page
    assert "Cole" not in warm_page
    assert "Cole" in client.get("/w/home/heat/?level=COLD").text
    assert "Social engagement" in warm_page
    ordered = api.get("leads/", ordering="-heat_score").json()["results"]
    assert [row["first_name"] for row in ordered] == ["Ann", "Cole"]
    assert client.get("/w/home/pipeline/").text.count(f'data-card="{cold["number"]}"') == 1
    stats = api.get("interactions/stats/").json()
    assert any(row["platform"] == "instagram" for row in stats["by_platform"])

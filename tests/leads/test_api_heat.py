"""How good the leads are and how much happens with them, over REST."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import Lead
from leads.scoring import heat_settings
from tests.api import signed_in, with_key

DAY = timedelta(days=1)


@pytest.fixture
def api(world):
    return with_key(world.key())


@pytest.fixture
def touch(api):
    def make(lead, kind, platform="", days=0):
        at = (timezone.now() - days * DAY).isoformat()
        body = {"type": kind, "platform": platform, "at": at}
        assert api.post(f"leads/{lead}/interactions/", body).status_code == 201

    return make


def arrive(api, name):
    return api.post("leads/", {"email": f"{name}@example.com"}).json()["number"]


def test_quality_counts_by_rating_and_by_heat(world, api, touch):
    ann, bea = arrive(api, "ann"), arrive(api, "bea")
    gone = arrive(api, "gone")
    touch(ann, "price_quote")
    touch(gone, "site_visit")
    api.patch(f"leads/{ann}/", {"quality_rating": "hot"})
    api.delete(f"leads/{gone}/")
    found = api.get("leads/quality/").json()
    nothing = {"count": 0, "average_score": 0.0}
    assert found == {
        "quality_rating": {
            "hot": {"count": 1, "average_score": 8.0},
            "warm": nothing,
            "cold": nothing,
            "unrated": {"count": 1, "average_score": 0.0},
        },
        "heat": {
            "COLD": {"count": 1, "average_score": 0.0},
            "WARM": {"count": 1, "average_score": 8.0},
            "HOT": nothing,
        },
    }
    assert bea
    assert api.get("leads/quality/", heat="HOT").status_code == 422


def test_engagement_is_counted_against_the_period_before(world, api, touch):
    ann = arrive(api, "ann")
    for kind, platform, days in (
        ("social_like", "facebook", 1),
        ("social_like", "facebook", 2),
        ("social_like", "facebook", 40),
        ("price_quote", "website", 3),
        ("note", "", 1),
        ("social_like", "facebook", 61),
    ):
        touch(ann, kind, platform, days)
    found = api.get("interactions/stats/").json()
    likes = {"count": 2, "count_before": 1, "change": 100.0}
    quotes = {"count": 1, "count_before": 0, "change": None}
    assert found["total"] == {"count": 3, "count_before": 1, "change": 200.0}
    assert found["by_platform"] == [
        {"platform": "facebook", **likes},
        {"platform": "website", **quotes},
    ]
    assert found["by_type"] == [
        {"type": "social_like", **likes},
        {"type": "price_quote", **quotes},
    ]
    assert found["results"][0] == {"platform": "facebook", "type": "social_like", **likes}


def test_engagement_takes_a_period(api, touch):
    ann = arrive(api, "ann")
    api.post(f"leads/{ann}/interactions/", {"type": "website_visit", "at": "2026-03-02T10:00:00Z"})
    api.post(f"leads/{ann}/interactions/", {"type": "website_visit", "at": "2026-03-01T10:00:00Z"})
    day = api.get("interactions/stats/", **{"from": "2026-03-02", "to": "2026-03-02"}).json()
    assert (day["from"], day["to"]) == ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")
    assert day["total"] == {"count": 1, "count_before": 1, "change": 0.0}
    for wrong in (
        {"from": "soon"},
        {"from": "2026-03-02", "to": "2026-03-01"},
        {"from": "0002-01-01"},
        {"since": "2026-03-02"},
    ):
        assert api.get("interactions/stats/", **wrong).status_code == 422, wrong


def test_both_are_about_the_leads_one_may_see(world, api, touch):
    mine, other = arrive(api, "mine"), arrive(api, "other")
    touch(mine, "social_like", "facebook")
    touch(other, "social_like", "facebook")
    with world.scope():
        Lead.objects.filter(number=mine).update(assigned_to=world.rep)
        Lead.objects.filter(number=other).update(assigned_to=world.other_rep)
    world.home.rep_lead_access = "own"
    world.home.save()
    rep = signed_in(world.rep)
    assert rep.get("interactions/stats/").json()["total"]["count"] == 1
    assert rep.get("leads/quality/").json()["heat"]["COLD"]["count"] == 1
    assert api.get("interactions/stats/").json()["total"]["count"] == 2
    stranger = signed_in(world.stranger, "abroad")
    assert stranger.get("interactions/stats/").json()["total"]["count"] == 0
    assert stranger.get("leads/quality/").json()["heat"]["COLD"]["count"] == 0
    assert with_key("nonsense").get("leads/quality/").status_code == 401


def test_the_explanation_follows_the_workspaces_own_rules(world, api, touch):
    with world.scope():
        heat_settings.save(
            actor=world.actor("manager"),
            changes={"caps": {"website_visit": 3}, "half_life_days": 7, "hot_from": 40},
        )
    ann = arrive(api, "ann")
    touch(ann, "price_quote", days=7)
    for _time in range(3):
        touch(ann, "website_visit")
    why = api.get(f"leads/{ann}/").json()["heat_explanation"]
    assert (why["score"], why["heat"], why["points_to_next"]) == (7, "WARM", 33)
    assert (why["next_level"], why["half_life_days"]) == ("HOT", 7)
    assert [
        (row["type"], row["points"], row["weight"], row["cap"], row["is_capped"])
        for row in why["points"]
    ] == [("price_quote", 4, 8, None, False), ("website_visit", 3, 2, 3, True)]
    assert why["trend"] == {"last_7_days": 6, "previous_7_days": 8, "change": -2}

"""The Heat page and its settings: who sees what, what refreshes, what a change would do."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads import lifecycle, timeline
from leads.intake import LeadInput, receive
from leads.models import Heat, HeatSettings, HeatStretch, Lead
from leads.scoring import heat_board, heat_preview, heat_settings, rescoring

DAY = timedelta(days=1)


@pytest.fixture
def arrive(world):
    def make(name, *types, days=0, **fields):
        with world.scope():
            first = LeadInput(first_name=name, email=f"{name.lower()}@example.com")
            lead = receive(first, actor=world.actor()).lead
            for kind in types:
                timeline.record(
                    lead,
                    actor=world.actor(),
                    type=kind,
                    platform="facebook" if "social" in kind else "website",
                    at=timezone.now() - days * DAY,
                )
            Lead.objects.filter(pk=lead.pk).update(**fields)
            return lead

    return make


@pytest.fixture
def visit(world):
    def of(role="manager"):
        client = Client()
        client.force_login(getattr(world, role))
        return client

    return of


PAGE = "/w/home/heat/"
SETTINGS = "/w/home/settings/heat/"
HOT = ("site_visit", "price_quote")


def board(world, level=Heat.HOT, role="manager"):
    with world.scope():
        return heat_board.board(world.actor(role), level=level)


def names(leads):
    return [lead.contact.first_name for lead in leads]


def test_untouched_for_a_day_comes_first_then_the_hottest(world, arrive):
    long_ago = timezone.now() - 2 * DAY
    arrive("Fresh", *HOT, "info_request")
    arrive("Waiting", *HOT, created_at=long_ago)
    arrive("Called", *HOT, "site_visit", created_at=long_ago, last_contacted_at=long_ago)
    arrive("Warm", "price_quote", created_at=long_ago)
    gone = arrive("Closed", *HOT)
    with world.scope():
        lifecycle.convert(gone, actor=world.actor())
    shown = board(world)
    assert names(shown.rows) == ["Waiting", "Called", "Fresh"]
    assert shown.untouched == 1
    assert shown.counts == {"COLD": 0, "WARM": 1, "HOT": 3}
    assert names(board(world, Heat.WARM).rows) == ["Warm"]
    assert board(world, Heat.COLD).rows == []


def test_the_distribution_has_every_open_lead_once(world, arrive):
    kinds = [(), ("social_like",), ("info_request",), ("price_quote",), HOT, HOT * 3]
    for number, types in enumerate(kinds):
        arrive(f"P{number}", *types)
    bars = board(world).bars
    assert sum(bar.leads for bar in bars) == 6
    assert [bar.first for bar in bars] == [0, 2, 4, 6, 10, 14, 16, 20, 24]
    assert bars[-1].last is None
    assert [(bar.first, bar.leads) for bar in bars if bar.leads] == [
        (0, 2),
        (4, 1),
        (6, 1),
        (16, 1),
        (24, 1),
    ]


def test_rising_is_this_week_against_the_one_before(world, arrive):
    arrive("Steady", "price_quote")
    with world.scope():
        steady = Lead.objects.get()
        timeline.record(steady, actor=world.actor(), type="site_visit", at=timezone.now() - 9 * DAY)
    arrive("Riser", "price_quote", "info_request")
    arrive("Slow", "social_like")
    arrive("Old", "site_visit", days=10)
    rising = board(world).rising
    assert [(one.lead.contact.first_name, one.change) for one in rising] == [
        ("Riser", 13),
        ("Slow", 1),
    ]


def test_social_engagement_has_its_trend(world, arrive):
    arrive("Ann", "social_like", "social_like", "website_visit")
    arrive("Bob", "social_like", days=8)
    shown = board(world)
    assert [(row.platform, row.type) for row in shown.social] == [("facebook", "social_like")]
    figure = shown.social_total
    assert (figure.count, figure.before, figure.change) == (2, 1, 100.0)


def test_a_rep_with_own_leads_only_sees_no_others(world, arrive):
    arrive("Mine", *HOT, "social_like", assigned_to=world.rep)
    arrive("Theirs", *HOT, "social_like", "social_follow", assigned_to=world.other_rep)
    world.home.rep_lead_access = "own"
    world.home.save()
    shown = board(world, role="rep")
    assert names(shown.rows) == names([one.lead for one in shown.rising]) == ["Mine"]
    assert shown.counts["HOT"] == shown.social_total.count == 1
    assert board(world).counts["HOT"] == 2


def test_the_page_answers_nothing_until_something_changed(world, arrive, visit):
    lead = arrive("Ann", *HOT)
    page = visit("viewer").get(PAGE)
    assert page.status_code == 200
    assert "Ann" in page.text
    address = re.search(r'hx-get="([^"]+seen=\w+)"', page.text)[1].replace("&amp;", "&")
    client = visit("viewer")
    again = client.get(address)
    assert (again.status_code, again.content) == (204, b"")
    with world.scope():
        timeline.record(lead, actor=world.actor(), type="website_visit")
    changed = client.get(address)
    assert changed.status_code == 200
    assert changed.text.strip().startswith("{#") is False
    assert 'id="heat-board"' in changed.text
    assert "<html" not in changed.text


def test_the_page_narrows_to_a_level_and_survives_nonsense(world, arrive, visit):
    arrive("Ann", *HOT)
    arrive("Wilma", "price_quote")
    text = visit().get(PAGE, {"level": "WARM"}).text
    assert "Wilma" in text.split("Rising fastest")[0]
    assert "Ann" not in text.split("Rising fastest")[0]
    assert visit().get(PAGE, {"level": "BOILING"}).status_code == 200
    assert visit("stranger").get(PAGE).status_code == 404
    assert Client().get(PAGE).status_code == 302


def test_the_empty_page_says_how_to_begin(world, visit):
    assert "No open leads yet" in visit("rep").get(PAGE).text


def test_the_page_asks_the_same_of_one_lead_and_of_many(world, arrive, visit):
    arrive("P", *HOT, "social_like")

    def queries():
        client = visit()
        client.get(PAGE)
        with CaptureQueriesContext(connection) as captured:
            client.get(PAGE)
        return len(captured)

    one = queries()
    for number in range(25):
        arrive(f"P{number}", *HOT, "social_like", assigned_to=world.rep)
    # The hottest untouched fill the page by themselves here, or are filled up by one query more.
    assert queries() <= one


def typed(**changes):
    rules = {"warm_from": 6, "hot_from": 16, "half_life_days": ""}
    weights = {"weight_price_quote": 8, "weight_site_visit": 10}
    return {**rules, **weights, **changes}


def test_a_manager_sees_the_effect_before_saving(world, arrive, visit):
    arrive("Ann", *HOT)
    arrive("Bea", "price_quote")
    text = visit().post(f"{SETTINGS}preview/", typed(warm_from=9, hot_from=30)).text
    assert "2 of 2 open leads would change their level" in text
    assert "<html" not in text
    with world.scope():
        effect = heat_preview.preview(
            actor=world.actor("manager"), changes={"warm_from": 9, "hot_from": 30}
        )
        assert [(row.level, row.now, row.then, row.change) for row in effect.levels] == [
            ("HOT", 1, 0, -1),
            ("WARM", 1, 1, 0),
            ("COLD", 0, 1, 1),
        ]
        assert {(m.lead.contact.first_name, m.level, m.score) for m in effect.examples} == {
            ("Ann", "WARM", 18),
            ("Bea", "COLD", 8),
        }
        assert not HeatSettings.objects.exists()
    # Without a script, the button does the same in place.
    page = visit().post(SETTINGS, typed(warm_from=9, hot_from=30, preview="1"))
    assert page.status_code == 200
    assert "2 of 2 open leads" in page.text
    wrong = visit().post(f"{SETTINGS}preview/", typed(warm_from="x")).text
    assert "Correct the values" in wrong
    assert "begin above" in visit().post(f"{SETTINGS}preview/", typed(warm_from=20)).text
    assert visit().get(f"{SETTINGS}preview/").status_code == 302


def test_saving_keeps_the_values_and_scores_again(world, arrive, visit):
    arrive("Ann", *HOT)
    client = visit()
    saved = client.post(SETTINGS, typed(weight_price_quote=1, cap_site_visit=4, half_life_days=30))
    assert saved.status_code == 302
    assert "being scored again" in client.get(SETTINGS).text
    rescoring.work_off()
    with world.scope():
        row = HeatSettings.objects.get()
        assert (row.weights, row.caps) == (
            {"price_quote": 1, "site_visit": 10},
            {"site_visit": 4},
        )
        assert row.half_life_days == 30
        assert Lead.objects.get().heat_score == 5


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"warm_from": "x"}, "whole number"),
        ({"warm_from": ""}, "required"),
        ({"hot_from": 6}, "begin above"),
        ({"weight_note": -1}, "greater than or equal"),
        ({"cap_note": 0}, "greater than or equal"),
    ],
)
def test_what_was_typed_wrong_is_kept_and_explained(world, visit, given, shown):
    page = visit().post(SETTINGS, typed(**given))
    assert page.status_code == 422
    assert shown in page.text
    with world.scope():
        assert not HeatSettings.objects.exists()
        assert not HeatStretch.objects.exists()


def test_settings_are_for_managers_of_the_workspace(world, visit):
    for role, status in (("owner", 200), ("manager", 200), ("rep", 403), ("viewer", 403)):
        assert visit(role).get(SETTINGS).status_code == status
        assert visit(role).post(f"{SETTINGS}preview/", typed()).status_code == status
    assert visit("stranger").get(SETTINGS).status_code == 404
    with world.scope():
        assert heat_settings.current(world.home.pk)._state.adding


def test_the_lead_page_says_why(world, arrive, visit):
    lead = arrive("Ann", "price_quote", "website_visit", "website_visit")
    text = " ".join(visit("viewer").get(f"/w/home/leads/{lead.number}/").text.split())
    assert "4 points to “Hot”: one “Info request” would do." in text
    assert "Website visit × 2" in text
    assert "Last 7 days: 12, the 7 before: 0." in text

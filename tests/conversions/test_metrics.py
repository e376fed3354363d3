"""Metrics over REST, on their page and in their file: the same figures, and whose they are."""

import csv
import io
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.exports.cells import neutral
from conversions.ad_spend import Spend, record
from conversions.api import metrics_examples as examples
from conversions.api import metrics_shapes as shapes
from leads import lifecycle
from leads.assigning import assignment
from leads.intake import LeadInput, receive
from leads.measuring import metrics_rollup
from leads.models import Lead, Reason
from tests.api import signed_in, with_key

PAGE = "/w/home/metrics/"
TODAY = timezone.now().date()


def arrive(world, name, *, source="website", owner=None, **facts):
    row = receive(
        LeadInput(first_name=name, email=f"{name}@example.com", source=source), actor=world.actor()
    ).lead
    if owner:
        assignment.assign(row, actor=world.actor(), user_id=getattr(world, owner).pk)
    if facts:
        Lead.objects.filter(pk=row.pk).update(**facts)
    row.refresh_from_db()
    return row


@pytest.fixture
def leads(world):
    """Two of the rep's, one of another, one that is nobody's and lost."""
    actor = world.actor()
    now = timezone.now()
    with world.scope():
        slow = arrive(world, "slow", owner="rep", first_contacted_at=now + timedelta(hours=3))
        lifecycle.qualify(slow, actor=actor)
        fast = arrive(world, "fast", owner="rep", first_contacted_at=now + timedelta(hours=1))
        lifecycle.convert(fast, actor=actor)
        arrive(world, "other", owner="other_rep", source="facebook")
        lost = arrive(world, "lost", source="facebook")
        lifecycle.lose(lost, actor=actor, loss_reason="no_contact", unqualified_reason="no_contact")
    return world


def figures(caller, **filters):
    answer = caller.get("leads/metrics/", **filters)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_figures_of_all_leads(leads):
    found = figures(with_key(leads.key()))
    assert found["leads"] == 4
    assert found["counts"]["qualified"] == found["counts"]["converted"] == 1
    assert found["funnel"] == {
        "new": 4,
        "enriched": 2,
        "contacted": 2,
        "conversing": 2,
        "qualified": 2,
        "scheduled": 1,
        "completed": 1,
        "converted": 1,
    }
    assert found["rates"] == {
        "contacted": 50,
        "qualified": 50,
        "scheduled": 25,
        "completed": 25,
        "converted": 25,
    }
    assert found["loss_reasons"] == found["unqualified_reasons"] == {"no_contact": 1}
    contact = found["time_to_contact"]
    assert contact["n"] == 2
    assert contact["median"] == contact["average"] == pytest.approx(7200, abs=60)
    assert contact["p90"] == pytest.approx(10080, abs=60)
    assert found["time_to_qualify"]["n"] == 1
    assert found["time_to_schedule"] == {"average": None, "median": None, "p90": None, "n": 0}
    assert [(row["source"], row["leads"]) for row in found["by_source"]] == [
        ("facebook", 2),
        ("website", 2),
    ]
    assert found["by_owner"][0]["name"] == "Rep"
    assert {row["assigned_to"] for row in found["by_owner"]} == {
        str(leads.rep.pk),
        str(leads.other_rep.pk),
        None,
    }
    assert found["exact"] is True


def test_a_period_is_of_the_workspaces_days_and_includes_both(world):
    world.home.time_zone = "America/New_York"
    world.home.save()
    zone = ZoneInfo("America/New_York")
    with world.scope():
        for number, hour in enumerate((0, 23)):
            made = datetime(2026, 3, 9, hour, 30, tzinfo=zone)
            arrive(world, f"p{number}", created_at=made)
    api = with_key(world.key())

    def number(since, until):
        return figures(api, **{"from": since, "to": until})["leads"]

    assert number("2026-03-09", "2026-03-09") == 2
    assert number("2026-03-10", "2026-03-31") == 0
    assert number("2026-03-01", "2026-03-08") == 0
    assert figures(api, **{"from": "2026-03-09"})["leads"] == 2


def test_filters_narrow_to_a_source_and_an_owner(leads):
    api = with_key(leads.key())
    assert figures(api, source="facebook")["leads"] == 2
    assert figures(api, source="fb_msg")["leads"] == 2
    assert figures(api, assigned_to=str(leads.rep.pk))["leads"] == 2
    assert figures(api, assigned_to="unassigned")["leads"] == 1
    assert figures(api, assigned_to=str(leads.rep.pk), source="facebook")["leads"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "yesterday"},
        {"from": "2026-02-30"},
        {"from": "2026-03-09", "to": "2026-03-08"},
        {"source": "tv"},
        {"assigned_to": "me"},
        {"owner": "x"},
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(world, wrong):
    answer = with_key(world.key()).get("leads/metrics/", **wrong)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in wrong


def test_who_is_told_what(leads):
    assert figures(signed_in(leads.manager))["leads"] == 4
    assert figures(with_key(leads.key(scopes=("read",))))["leads"] == 4
    assert figures(signed_in(leads.rep))["leads"] == 2
    assert figures(signed_in(leads.viewer))["leads"] == 0
    other = signed_in(leads.rep).get("leads/metrics/", assigned_to=str(leads.other_rep.pk))
    assert other.status_code == 403
    assert figures(with_key(leads.key(leads.abroad)))["leads"] == 0
    assert signed_in(leads.stranger).get("leads/metrics/").status_code == 404


def test_spend_makes_a_price_for_leads_and_customers(leads):
    with leads.scope():
        record(
            [
                Spend(TODAY, "google_ads", Decimal(100)),
                Spend(TODAY, "meta", Decimal("20.01")),
                Spend(TODAY - timedelta(days=60), "meta", Decimal(999)),
            ],
            actor=leads.actor(),
        )
    period = {"from": (TODAY - timedelta(days=2)).isoformat()}
    found = figures(with_key(leads.key()), **period)
    assert (found["ad_spend"], found["cpl"], found["cac"]) == ("120.01", "30.00", "120.01")
    by_source = {row["source"]: row for row in found["by_source"]}
    assert (by_source["website"]["cpl"], by_source["website"]["cac"]) == ("50.00", "100.00")
    # Nobody of Facebook is a customer yet.
    assert (by_source["facebook"]["cpl"], by_source["facebook"]["cac"]) == ("10.01", None)
    website = figures(with_key(leads.key()), source="website", **period)
    assert website["cpl"] == "50.00"
    # What one person's leads cost is not known.
    assert figures(with_key(leads.key()), assigned_to=str(leads.rep.pk))["cpl"] is None
    with leads.scope():
        record([Spend(TODAY, "bing", Decimal(3), currency="EUR")], actor=leads.actor())
    mixed = figures(with_key(leads.key()), **period)
    assert (mixed["cpl"], mixed["other_currencies"]) == (None, ["EUR"])
    assert mixed["ad_spend"] == "120.01"


def test_the_documentation_shows_what_is_answered(leads):
    found = figures(with_key(leads.key()))
    assert set(found) == set(examples.METRICS) == set(shapes.MetricsSerializer().fields)
    for name, shape in (
        ("by_source", shapes.MetricsOfSourceSerializer),
        ("by_owner", shapes.MetricsOfOwnerSerializer),
    ):
        assert set(found[name][0]) == set(examples.METRICS[name][0]) == set(shape().fields)
    assert list(found["funnel"]) == list(examples.METRICS["funnel"])
    assert list(found["counts"]) == list(examples.METRICS["counts"])


def open_page(client, user, **filters):
    client.force_login(user)
    return client.get(PAGE, filters)


def test_the_page_shows_what_the_api_answers(leads, client):
    page = open_page(client, leads.manager)
    content = page.content.decode()
    assert page.context["figures"].total.leads == 4
    assert re.search(r"<strong[^>]*>(1 h 59|2 h 0) min", content)
    assert "Counted just now" in content
    assert "By owner" in content
    assert "No contact" in content
    assert open_page(client, leads.manager, source="facebook").context["figures"].total.leads == 2


def test_periods_are_in_the_address(leads, client):
    old = (timezone.now() - timedelta(days=40)).date()
    with leads.scope():
        arrive(leads, "old", created_at=timezone.now() - timedelta(days=40))
    for filters, number in (
        ({}, 4),
        ({"period": "all"}, 5),
        ({"period": "90d"}, 5),
        ({"from": old.isoformat()}, 5),
        ({"from": old.isoformat(), "to": old.isoformat()}, 1),
        ({"period": "7d", "assigned_to": "unassigned"}, 1),
    ):
        assert open_page(client, leads.manager, **filters).context["figures"].total.leads == number


def test_a_period_is_compared_with_the_one_before(leads, client):
    with leads.scope():
        arrive(leads, "older", created_at=timezone.now() - timedelta(days=9))
        arrive(leads, "elder", created_at=timezone.now() - timedelta(days=10))
    page = open_page(client, leads.manager, period="7d")
    assert page.context["figures"].before.leads == 2
    assert "+100 %" in page.content.decode()


def test_a_rep_sees_their_own_figures_and_no_names(leads, client):
    page = open_page(client, leads.rep)
    assert page.context["figures"].total.leads == 2
    content = page.content.decode()
    assert "My metrics" in content
    assert "Other_Rep" not in content
    assert "Any owner" not in content
    # Whose leads are meant is not theirs to choose.
    again = open_page(client, leads.rep, assigned_to=str(leads.other_rep.pk))
    assert again.context["figures"].total.leads == 2
    assert client.get(f"{PAGE}export/").status_code == 403


def test_nothing_found_and_nothing_there_are_told_apart(leads, client):
    assert "No lead came in like that" in (
        open_page(client, leads.manager, source="referral").content.decode()
    )
    client.force_login(leads.stranger)
    page = client.get("/w/abroad/metrics/").content.decode()
    assert "No leads yet" in page
    assert client.get(PAGE).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"period": "x"},
        {"from": "soon"},
        {"from": "2026-03-09", "to": "2026-03-01"},
        {"source": "x"},
    ],
)
def test_an_address_that_makes_no_sense_says_so(leads, client, wrong):
    page = open_page(client, leads.manager, **wrong)
    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()
    assert client.get(f"{PAGE}export/", wrong).status_code == 302


def test_the_file_has_what_the_page_has_and_no_formulas(leads, client):
    with leads.scope():
        leads.rep.name = "=HYPERLINK(1)"
        leads.rep.save()
        Reason.objects.filter(code="no_contact").update(label="+1 | no contact")
    client.force_login(leads.manager)
    answer = client.get(f"{PAGE}export/", {"source": "website"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["Group"], row["Name"], row["Leads"]) for row in rows] == [
        ("All", "", "2"),
        ("Source", "Website", "2"),
        ("Owner", "'=HYPERLINK(1)", "2"),
    ]
    assert rows[0]["Reached Qualified"] == "2"
    everything = client.get(f"{PAGE}export/").content.decode()
    assert "Loss reason,'+1 | no contact,1" in everything


def test_a_cell_cannot_become_a_formula():
    for text in ("=1", "+1", "-1", "@x", "\tx", "\rx", " =1", "\0=1"):
        assert neutral(text).startswith("'")
    assert neutral("a=1") == "a=1"
    assert neutral(-1) == -1
    assert neutral(None) == ""


def test_a_large_period_says_how_it_was_counted(leads, client, monkeypatch):
    monkeypatch.setattr(metrics_rollup, "COUNTED_LIVE", 2)
    metrics_rollup.recount()
    page = open_page(client, leads.manager, period="all").content.decode()
    assert "≈ 2 h" in page or "≈ 1 h 5" in page
    assert "within 2.5 %" in page
    found = figures(with_key(leads.key()))
    assert found["exact"] is False
    assert found["funnel"]["qualified"] == 2
    note = client.get(f"{PAGE}export/", {"period": "all"}).content.decode().splitlines()[0]
    assert "within 2.5 %" in note


def test_queries_do_not_grow_with_the_leads(leads, client):
    client.force_login(leads.manager)
    client.get(PAGE)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE).status_code == 200
        return len(captured)

    few = queries()
    with leads.scope():
        for number in range(8):
            arrive(leads, f"more{number}", source="phone", owner="manager")
    assert queries() == few


def test_the_first_day_of_the_calendar_has_none_before(world, client):
    page = open_page(client, world.manager, **{"from": "1901-01-01", "to": date.max.isoformat()})
    assert page.status_code == 200

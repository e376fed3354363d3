"""From each figure of the Metrics page to the leads behind it: as many as the figure says."""

import re
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

from django.http import QueryDict

from conversions.metrics_forms import MetricsForm
from conversions.metrics_links import leads_behind, leads_of_owner
from leads import editing, lifecycle
from leads.assigning import assignment
from leads.diary import appointments
from leads.intake import LeadInput, receive
from leads.listing.filters import LeadFilter
from leads.measuring.metrics import measure
from leads.merges import merging
from leads.models import Appointment, Lead
from tests.api import with_key

PAGE = "/w/home/metrics/"


def arrive(world, name, *, source="website", owner="", **details):
    facts = LeadInput(first_name=name, email=f"{name}@example.com", source=source, **details)
    lead = receive(facts, actor=world.actor()).lead
    if owner:
        assignment.assign(lead, actor=world.actor(), user_id=getattr(world, owner).pk)
    return lead


def make_leads(world):
    """Of each kind that is easily counted wrongly."""
    actor = world.actor()
    world.home.time_zone = "Pacific/Auckland"
    world.home.save()
    with world.scope():
        back = arrive(world, "unscheduled", owner="rep")
        lifecycle.schedule(back, actor=actor, scheduled_for=back.created_at)
        visit = Appointment.objects.get(lead=back)
        appointments.set_status(visit.pk, actor=actor, status="canceled")
        sold = arrive(world, "sold", owner="rep")
        lifecycle.convert(sold, actor=actor)
        for name, reason, why in (
            ("cheap", "price", "no_budget"),
            ("quiet", "no_contact", "no_contact"),
        ):
            lead = arrive(world, name, source="facebook")
            lifecycle.lose(lead, actor=actor, loss_reason=reason, unqualified_reason=why)
        again = arrive(world, "reopened", owner="other_rep")
        lifecycle.qualify(again, actor=actor)
        lifecycle.lose(again, actor=actor, loss_reason="price")
        lifecycle.reopen(again, actor=actor)
        late = arrive(world, "late", source="facebook", owner="rep")
        lifecycle.qualify(late, actor=actor)
        lifecycle.lose(late, actor=actor, loss_reason="price")
        gone = arrive(world, "deleted", owner="rep")
        editing.delete(gone, actor=actor)
        one, other = arrive(world, "one"), arrive(world, "twin")
        merging.merge(one.contact_id, other.contact_id, actor=actor)
        # The last moment of the day before there, the first of the day, and long ago.
        there = sold.created_at.astimezone(ZoneInfo(world.home.time_zone))
        start = there.replace(hour=0, minute=0, second=0, microsecond=0)
        for name, at in (
            ("before", start - timedelta(microseconds=1)),
            ("midnight", start),
            ("old", start - timedelta(days=200)),
        ):
            Lead.objects.filter(pk=arrive(world, name).pk).update(created_at=at)


def number_of(actor, query):
    found = LeadFilter(QueryDict(query), Lead.objects.visible_to(actor), actor=actor)
    assert found.is_valid(), (query, found.errors)
    return found.qs.count()


def figures_of(asked):
    figures = measure(asked)
    total = figures.total
    yield leads_behind(asked), total.leads
    for stage, number in total.reached.items():
        yield leads_behind(asked, reached=stage), number
    for kind in ("loss", "unqualified"):
        for code, number in total.reasons_of(kind).items():
            yield leads_behind(asked, **{f"{kind}_reason": code}), number
    for source, tally in figures.by_source.items():
        yield leads_behind(asked, source=source), tally.leads
    for owner, tally in figures.by_owner.items():
        yield leads_of_owner(asked, owner), tally.leads
        yield leads_of_owner(asked, owner, status="lost"), tally.by_status["lost"]
        for stage, number in tally.reached.items():
            yield leads_of_owner(asked, owner, reached=stage), number


def test_every_figure_counts_the_leads_it_leads_to(world):
    make_leads(world)
    found = 0
    with world.scope():
        for role in ("manager", "rep"):
            actor = world.actor(role)
            for query in (
                "period=all",
                "period=7d",
                "period=90d&source=facebook",
                "period=all&assigned_to=unassigned",
                f"period=30d&assigned_to={world.rep.pk}",
            ):
                form = MetricsForm(QueryDict(query), actor=actor)
                assert form.is_valid(), form.errors
                for link, number in figures_of(form.question()):
                    assert number_of(actor, link) == number, (role, query, link)
                    found += bool(number)
    assert found > 60


def test_the_page_links_its_figures_and_the_list_names_what_it_shows(world, client):
    make_leads(world)
    client.force_login(world.manager)
    page = client.get(PAGE, {"period": "all"}).content.decode()
    links = re.findall(r'href="(/w/home/leads/\?[^"]*)"[^>]*>\s*([\d.,]+)\s*<', page)
    asked = {unescape(path).partition("?")[2]: int(number) for path, number in links}
    assert asked["reached=qualified"] == 4
    assert asked["loss_reason=price"] == 2
    assert asked["unqualified_reason=no_budget"] == 1
    assert asked["source=facebook"] == 3
    assert asked[f"assigned_to={world.rep.pk}"] == 3
    assert asked[f"assigned_to={world.rep.pk}&status=lost"] == 1
    for path, number in links:
        listed = client.get(unescape(path)).content.decode()
        assert listed.count('class="row-link"') == int(number), path
    chips = client.get("/w/home/leads/?loss_reason=price,no_contact&reached=qualified")
    text = " ".join(chips.content.decode().split())
    assert '<span class="truncate">Price too high, No contact</span>' in text
    assert 'Came as far as</span> <span class="truncate">Qualified</span>' in text


def test_the_api_finds_the_same(world):
    make_leads(world)
    api = with_key(world.key())
    funnel = api.get("leads/metrics/").json()["funnel"]
    for stage, number in funnel.items():
        assert len(api.get("leads/", reached=stage).json()["results"]) == number, stage
    lost = api.get("leads/", loss_reason="price", unqualified_reason="no_budget").json()
    assert [row["first_name"] for row in lost["results"]] == ["cheap"]
    assert api.get("leads/", reached="lost").status_code == 422

"""Heat in the browser: the page that keeps itself up to date, and settings with their effect."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leads import timeline
from leads.intake import LeadInput, receive
from leads.models import Lead

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

DAY = timedelta(days=1)
PEOPLE = {
    "Ann Archer": ["site_visit", "price_quote", "info_request"],
    "Bea Miller": ["site_visit", "site_visit", "social_follow"],
    "Cleo Nash": ["price_quote", "social_like", "social_like"],
    "Dan Okafor": ["info_request", "website_visit", "story_view"],
    "Eve Featherstonehaugh-Cholmondeley": ["site_visit", "price_quote", "social_comment"],
    "Finn Berg": ["website_visit"],
    "Gil Ortega": [],
}


def arrive(world, name, types):
    first, last = name.split()
    data = LeadInput(first_name=first, last_name=last, email=f"{first.lower()}@example.com")
    row = receive(data, actor=world.actor()).lead
    for number, kind in enumerate(types):
        platform = "instagram" if number % 2 else "facebook"
        timeline.record(
            row,
            actor=world.actor(),
            type=kind,
            platform=platform if "s" in kind[:2] and kind != "site_visit" else "website",
            at=timezone.now() - number * 4 * DAY,
        )
    return row


def fill(world):
    with world.scope():
        for name, types in PEOPLE.items():
            arrive(world, name, types)
        Lead.objects.filter(contact__first_name="Eve").update(
            created_at=timezone.now() - 3 * DAY, assigned_to=world.rep
        )


def test_the_page_keeps_itself_up_to_date(visitor, loop):
    page = visitor.sign_in("rep")
    page.get_by_role("link", name="Heat", exact=True).click()
    expect(page.get_by_text("No open leads yet")).to_be_visible()
    visitor.check("heat, empty")

    fill(loop.world)
    tiles = page.get_by_role("list", name="Open leads by heat")
    expect(tiles.get_by_role("link").first).to_contain_text("3", timeout=10_000)
    first = page.get_by_role("list").filter(has_text="never contacted").get_by_role("listitem")
    expect(first.first).to_contain_text("Eve")
    expect(first.first).to_contain_text("Untouched")
    visitor.check("heat")
    visitor.shoot("heat")

    tiles.get_by_role("link").nth(1).click()
    expect(page.get_by_role("link", name="Dan Okafor").first).to_be_visible()
    link = page.get_by_role("link", name="Cleo Nash").first
    link.focus()
    with loop.world.scope():
        timeline.record(
            Lead.objects.get(contact__first_name="Finn"),
            actor=loop.world.actor(),
            type="price_quote",
        )
    expect(page.get_by_role("link", name="Finn Berg").first).to_be_visible(timeout=10_000)
    expect(link).to_be_focused()
    assert visitor.complaints == []


def test_a_manager_sees_what_new_points_would_do(visitor, loop):
    fill(loop.world)
    page = visitor.sign_in("manager")
    visitor.workspace("heat/")
    page.get_by_role("link", name="Points and levels").click()
    expect(page.get_by_text("Change a value to see")).to_be_visible()
    page.get_by_label("Points for: Price quote").fill("1")
    expect(page.get_by_text("2 of 7 open leads would change their level")).to_be_visible()
    page.get_by_label("Hot from").fill("3")
    expect(page.get_by_text("Correct the values")).to_be_visible()
    page.get_by_label("Hot from").fill("16")
    page.get_by_label("Half-life in days").fill("30")
    page.get_by_role("button", name="Save points and levels").click()
    expect(page.get_by_text("Every lead is being scored again")).to_be_visible()
    expect(page.get_by_label("Points for: Price quote")).to_have_value("1")
    visitor.check("heat settings")
    visitor.shoot("heat-settings")

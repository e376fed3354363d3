"""Metrics in the browser: filters in the address, the file, ad spend that makes a price."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leads import lifecycle
from leads.intake import LeadInput, receive

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_a_manager_narrows_the_figures_and_prices_them(visitor, loop):
    world = loop.world
    with world.scope():
        for name, source in (("ann", "website"), ("bea", "website"), ("cleo", "facebook")):
            row = receive(
                LeadInput(first_name=name, email=f"{name}@example.com", source=source),
                actor=world.actor(),
            ).lead
            lifecycle.log_contact(row, actor=world.actor(), method="call")
    page = visitor.sign_in("manager")
    page.get_by_role("link", name="Metrics", exact=True).click()
    expect(page.get_by_role("heading", name="Funnel")).to_be_visible()
    visitor.check("metrics")
    visitor.shoot("metrics")

    page.get_by_label("Source", exact=True).select_option("facebook")
    expect(page.get_by_text("0 of 1 leads")).to_be_visible()
    assert "source=facebook" in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    text = download.value.path().read_text("utf-8-sig")
    assert "Facebook" in text
    assert "Website" not in text

    page.get_by_role("link", name="Ad spend", exact=True).click()
    visitor.check("ad spend, empty")
    page.get_by_label("Day", exact=True).fill(timezone.now().date().isoformat())
    page.get_by_role("textbox", name="Platform").first.fill("meta")
    page.get_by_label("Amount", exact=True).fill("12.50")
    page.get_by_role("button", name="Save the day").click()
    expect(page.get_by_role("cell", name="12.50 USD")).to_be_visible()
    visitor.check("ad spend")
    visitor.workspace("metrics/?source=facebook")
    expect(page.get_by_text("spent 12.50 USD")).to_be_visible()

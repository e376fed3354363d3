"""In the browser: views saved and pinned, columns chosen, and the list worked by keyboard."""

import pytest
from playwright.sync_api import expect

from leads.fields import custom_fields
from leads.intake import LeadInput, receive
from tests.e2e.conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def fill(world):
    with world.scope():
        custom_fields.define(actor=world.actor(), label="Budget", kind="number")
        for name, budget in (("Ann", 500), ("Bea", 12500), ("Cleo", 900)):
            given = LeadInput(
                first_name=name,
                email=f"{name.lower()}@example.com",
                tags=["kitchen"],
                custom_fields={"budget": budget},
            )
            receive(given, actor=world.actor())


def test_the_leads_page_is_made_ones_own(visitor, loop):
    fill(loop.world)
    page = visitor.sign_in("manager")
    visitor.workspace()
    page.get_by_role("link", name="Columns", exact=True).click()
    dialog = page.get_by_role("dialog", name="Columns")
    for label in ("Reach at", "Company", "Source", "Contacts"):
        dialog.get_by_label(label, exact=True).uncheck()
    dialog.get_by_label("Budget", exact=True).check()
    dialog.get_by_label("Tags", exact=True).check()
    dialog.get_by_role("button", name="Move Tags to the left").click()
    dialog.get_by_role("button", name="Show these columns").click()
    page.wait_for_url("**columns=status,heat,owner,last_contact,tags,created,attr.budget")
    expect(page.get_by_role("columnheader").last).to_have_text("Budget")
    page.get_by_text("More filters").click()
    page.get_by_label("Budget from").fill("800")
    page.get_by_label("Budget from").press("Tab")
    expect(page.locator("#results tbody tr")).to_have_count(2)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Heat").last.click()
    page.get_by_role("link", name="Save as view…").click()
    page.get_by_label("Name", exact=True).fill("Worth a call")
    page.get_by_label("Share it with the workspace").check()
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_text("The view “Worth a call” is saved.")).to_be_visible()
    page.get_by_role("button", name="Pin to the sidebar").click()
    pinned = page.get_by_role("list", name="Pinned views").get_by_role("link")
    expect(pinned).to_have_text("Worth a call")
    query = (pinned.get_attribute("href") or "").partition("?")[2]
    visitor.shoot("leads")
    page.locator("#filter-status").select_option("New")
    expect(page.get_by_text("“Worth a call” is changed.")).to_be_visible()
    visitor.check("a changed view")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_text("is changed.")).to_have_count(0)

    page.get_by_role("link", name="All leads").click()
    expect(page.get_by_role("link", name="All leads")).to_have_attribute("aria-current", "page")
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Bea #")).to_be_focused()
    page.keyboard.press("p")
    preview = page.get_by_role("complementary", name="Preview of Bea")
    expect(preview.get_by_text("bea@example.com")).to_be_visible()
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    expect(page.get_by_role("link", name="Bea #")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name="Bea")).to_be_visible()

    page.set_viewport_size(PHONE)
    visitor.workspace(f"leads/?{query}")
    expect(page.get_by_role("link", name="Save as view…")).to_be_visible()
    page.set_viewport_size(DESKTOP)
    page.get_by_role("link", name="Rename, share or delete the view").click()
    visitor.check("changing a view")
    page.get_by_role("button", name="Delete the view").click()
    expect(page.get_by_text("“Worth a call” is deleted.")).to_be_visible()

"""In the browser: a list made from filters, filled by hand and from the Leads page, put away."""

import pytest
from playwright.sync_api import expect

from campaigns.models import LeadList
from leads.bulk import job_runs
from leads.intake import LeadInput, receive

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_lists_from_filters_by_hand_and_by_selection(visitor, loop):
    world = loop.world
    with world.scope():
        for number in range(5):
            facts = LeadInput(
                first_name=f"Person {number}", email=f"p{number}@example.com", source="website"
            )
            lead = receive(facts, actor=world.actor()).lead
    page = visitor.sign_in("manager")
    visitor.workspace("lists/")
    expect(page.get_by_role("heading", name="No lists yet")).to_be_visible()
    visitor.check("lists, empty")

    visitor.workspace("leads/?status=new&never_responded=true")
    page.get_by_role("link", name="Make a list").click()
    expect(page.locator("#list-found")).to_contain_text("Status is New; never responded.")
    page.get_by_label("Name", exact=True).fill("Fresh and silent")
    page.get_by_label("Source").select_option("Website")
    expect(page.locator("#list-found")).to_contain_text("came by Website")
    expect(page.locator("#list-found")).to_contain_text("Now 5 leads.")
    visitor.workspace("lists/new/?status=new&never_responded=true&unassigned=true")
    visitor.check("a new smart list")
    visitor.shoot("list-new")
    page.get_by_label("Name", exact=True).fill("Fresh and silent")
    page.get_by_role("button", name="Make the list").click()
    expect(page.get_by_role("heading", name="Fresh and silent")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(6)
    page.get_by_role("button", name="Take Person 2 out").click()
    expect(page.get_by_role("row")).to_have_count(5)

    visitor.workspace("lists/new/")
    page.get_by_label("Name", exact=True).fill("Event guests")
    page.get_by_label("Tags").fill("events, engaged")
    page.get_by_role("button", name="Make the list").click()
    page.get_by_text("Put leads in", exact=True).click()
    page.get_by_label("Leads", exact=True).fill(f"#{lead.number}\np1@example.com")
    page.get_by_label("Why").fill("Met at the fair")
    page.get_by_role("button", name="Put in", exact=True).click()
    expect(page.get_by_text("2 leads were put in.")).to_be_visible()
    visitor.check("a list")
    visitor.shoot("list")

    visitor.workspace()
    page.get_by_role("checkbox", name="Select all on this page").check()
    bar = page.get_by_role("form", name="Selected leads")
    bar.get_by_role("button", name="Add to list").click()
    dialog = page.get_by_role("dialog", name="Add to list: 5 leads")
    dialog.get_by_label("List", exact=True).select_option("Event guests")
    dialog.get_by_role("button", name="Add to list: 5 leads").click()
    strip = page.get_by_role("region", name="Progress")
    expect(strip).to_contain_text("Add to the list “Event guests”")
    job_runs.work_off()
    expect(strip).to_contain_text("3 changed")
    with world.scope():
        assert LeadList.objects.get(name="Event guests").lead_count == 5

    page.get_by_role("link", name="Lists").click()
    expect(page.get_by_role("row")).to_have_count(3)
    visitor.check("lists")
    visitor.shoot("lists")
    page.get_by_role("link", name="Event guests").click()
    page.get_by_role("link", name="Show among leads").click()
    expect(page.get_by_role("list", name="Filters in force")).to_contain_text("Event guests")
    assert visitor.complaints == []

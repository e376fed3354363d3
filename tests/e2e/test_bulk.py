"""In the browser: selecting leads, doing something to all of them, and looking after the job."""

import pytest
from playwright.sync_api import expect

from leads.bulk import job_runs
from leads.intake import LeadInput, receive
from leads.models import ContactTag, Lead
from leads.views import listing
from tests.e2e.conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_leads_are_tagged_lost_deleted_and_brought_back(visitor, loop, monkeypatch):
    monkeypatch.setattr(listing, "ROWS", 4)
    world = loop.world
    with world.scope():
        for number in range(7):
            facts = LeadInput(first_name=f"Person {number}", email=f"p{number}@example.com")
            receive(facts, actor=world.actor())
    page = visitor.sign_in("manager")
    visitor.workspace()
    bar = page.get_by_role("form", name="Selected leads")
    expect(bar).to_be_hidden()
    page.get_by_role("checkbox", name="Select Person 6").check()
    page.get_by_role("checkbox", name="Select Person 4").click(modifiers=["Shift"])
    expect(bar).to_contain_text("Selected: 3")
    page.keyboard.press("x")
    expect(bar).to_contain_text("Selected: 2")
    page.get_by_role("link", name="Person 3 #").focus()
    page.keyboard.press("x")
    expect(bar).to_contain_text("Selected: 3")

    bar.get_by_role("button", name="Tag", exact=True).click()
    dialog = page.get_by_role("dialog", name="Tag: 3 leads")
    dialog.get_by_label("Tags").fill("t" * 70)
    dialog.get_by_role("button", name="Tag: 3 leads").click()
    expect(dialog.get_by_text("Use at most 100 tags of 60 characters.")).to_be_visible()
    visitor.complaints[:] = [text for text in visitor.complaints if "422" not in text]
    dialog.get_by_label("Tags").fill("kitchen, vip")
    dialog.get_by_role("button", name="Tag: 3 leads").click()
    strip = page.get_by_role("region", name="Progress")
    expect(strip).to_contain_text("0 of 3")
    visitor.check("leads with a job under way")
    job_runs.work_off()
    expect(strip).to_contain_text("3 changed")
    with world.scope():
        assert ContactTag.objects.filter(name="vip").count() == 3

    page.get_by_role("checkbox", name="Select all on this page").check()
    expect(bar).to_contain_text("Selected: 4")
    bar.get_by_role("checkbox", name="Select all 7 leads that match").check()
    page.set_viewport_size(PHONE)
    expect(bar).to_be_in_viewport()
    page.set_viewport_size(DESKTOP)
    bar.get_by_role("button", name="Mark lost").click()
    dialog = page.get_by_role("dialog", name="Mark lost: 7 leads")
    dialog.get_by_label("Why are they lost?").select_option("Price too high")
    dialog.get_by_role("button", name="Mark lost: 7 leads").click()
    expect(strip).to_contain_text("Mark lost: Price too high")
    job_runs.work_off()
    strip.get_by_role("link", name="See what was refused").click()
    expect(page.get_by_text("The first 7 are shown.")).to_have_count(0)
    expect(page.get_by_role("row")).to_have_count(8)
    visitor.check("a job with refusals")
    visitor.shoot("job")

    visitor.workspace()
    page.get_by_role("checkbox", name="Select Person 6").check()
    bar.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete: 1 lead").click()
    expect(strip).to_contain_text("0 of 1")
    job_runs.work_off()
    page.get_by_role("button", name="Bring them back").click()
    expect(strip).to_contain_text("Restore")
    job_runs.work_off()
    expect(page.get_by_role("checkbox", name="Select Person 6")).to_be_visible()
    with world.scope():
        assert Lead.objects.alive().count() == 7
    page.get_by_role("link", name="Jobs").click()
    expect(page.get_by_role("row")).to_have_count(5)
    visitor.check("jobs")
    assert visitor.complaints == []

"""The browser journey: a new lead is worked to completed and the platform is told."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def move(page, name):
    menu = page.locator("details", has_text="Move to…")
    menu.locator("summary").click()
    menu.get_by_role("button", name=name).click()


def expect_stage(page, name):
    stages = page.get_by_role("list", name="Stages")
    expect(stages.locator("[aria-current=step]")).to_contain_text(name)


def test_new_lead_to_upload_accepted(visitor, loop):
    loop.connect("google_data_manager", "completed")
    page = visitor.sign_in("rep")
    visitor.workspace()
    visitor.check("leads, empty")

    page.get_by_role("link", name=re.compile("New lead|New")).first.click()
    expect(page.get_by_role("heading", name="New lead")).to_be_visible()
    visitor.check("new lead")
    page.get_by_label("First name").fill("Ann")
    page.get_by_label("Last name").fill("Archer")
    page.get_by_label("E-mail", exact=False).first.fill("ann@example.com")
    page.get_by_role("button", name="Create lead").click()
    expect(page.get_by_role("heading", name="Ann Archer")).to_be_visible()
    visitor.check("lead, new")

    page.get_by_role("radio", name="Call", exact=True).check()
    page.get_by_role("textbox", name="What happened").fill("Left a friendly voicemail")
    page.get_by_role("button", name="Add to timeline").click()
    expect(page.get_by_text("Left a friendly voicemail")).to_be_visible()
    expect_stage(page, "Contacted")

    move(page, "Qualify")
    expect_stage(page, "Qualified")
    address = page.url
    page.goto(f"{address}?dialog=schedule")
    visitor.check("schedule dialog")
    page.goto(address)
    move(page, "Schedule")
    when = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT10:00")
    dialog = page.get_by_role("dialog", name="Schedule")
    dialog.get_by_label("When is the visit?").fill(when)
    dialog.get_by_role("button", name="Schedule").click()
    expect_stage(page, "Scheduled")
    expect(page.get_by_role("button", name="Attended")).to_be_visible()
    move(page, "Complete")
    expect_stage(page, "Completed")
    expect(page.get_by_role("button", name="Attended")).to_have_count(0)

    loop.run()
    assert len(loop.servers["google_data_manager"].effects) == 1
    page.reload()
    expect(page.get_by_text("Accepted").first).to_be_visible()
    visitor.check("lead, completed")
    visitor.shoot("lead")
    visitor.workspace("uploads/")
    expect(page.get_by_text("Ann Archer")).to_be_visible()
    visitor.check("uploads")
    visitor.shoot("uploads")

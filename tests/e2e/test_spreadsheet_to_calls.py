"""In the browser, reading only the screen: from a spreadsheet to calls, and back to one."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from campaigns.exports import exports as export_verbs
from campaigns.exports import making
from campaigns.imports import work
from campaigns.models import CampaignLead
from tests.e2e.conftest import DESKTOP, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PEOPLE = ("Ann Archer", "Bea Burton", "Cleo Nash", "Dan Okafor", "Eve Stone", "Finn Moss")


def spreadsheet(folder: Path) -> Path:
    """As somebody sends it: headers of their own, one person twice, one whom nobody can reach."""
    text = io.StringIO()
    out = csv.writer(text, delimiter=";")
    out.writerow(["Vorname", "Last name", "E-Mail", "Phone number", "Favourite cause"])
    for number, name in enumerate(PEOPLE):
        first, last = name.split()
        phone = f"(312) 555-01{number:02}"
        out.writerow([first, last, f"{first.lower()}@example.com", phone, "Shelter"])
    out.writerow(["Ann", "Archer", "ANN@example.com", "", "Books"])
    out.writerow(["", "", "not-an-address", "", ""])
    path = folder / "Spring donors.csv"
    path.write_bytes(text.getvalue().encode("utf-8"))
    return path


def take(page: Page) -> str:
    """Whom the caller is given."""
    return page.get_by_role("heading", level=1).get_by_role("link").inner_text()


def test_from_a_spreadsheet_to_the_calls_of_two_people(visitor, browser, loop, tmp_path):
    world = loop.world
    page = visitor.sign_in("manager")
    page.get_by_role("link", name="Imports").click()
    page.get_by_role("link", name=re.compile("Import a file")).first.click()
    page.get_by_label("File").set_input_files(spreadsheet(tmp_path))
    page.get_by_label("Or into a new list").fill("Spring donors")
    page.get_by_role("button", name="Send and map the columns").click()
    # Guessed by header and by what stands below it; the cause becomes a field of its own.
    expect(page.get_by_label("E-Mail")).to_have_value("email")
    expect(page.get_by_label("Phone number")).to_have_value("phone")
    page.get_by_label("Vorname").select_option("first_name")
    page.get_by_role("button", name="Try it out").click()
    work.work_off()
    expect(page.get_by_text("This is what would happen.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="not-an-address")).to_be_visible()
    page.get_by_role("button", name=re.compile("Take in")).click()
    work.work_off()
    expect(page.get_by_text("Everything that could be taken in is in.")).to_be_visible()
    page.get_by_role("link", name="Spring donors", exact=True).click()
    expect(page.get_by_text("6 leads", exact=True)).to_be_visible()

    page.get_by_role("link", name="Campaigns").first.click()
    page.get_by_role("link", name="New campaign").first.click()
    page.get_by_label("Name", exact=True).fill("Spring calls")
    page.get_by_label("Script optional").fill("Thank you for your gift last spring.")
    page.get_by_role("button", name="Make the campaign").click()
    page.get_by_role("link", name="Add a list").first.click()
    dialog = page.get_by_role("dialog", name="Add a list")
    dialog.get_by_label("List", exact=True).select_option("Spring donors")
    expect(dialog.locator("#foreseen")).to_contain_text("6 leads will be added")
    dialog.get_by_role("button", name="Add the list").click()
    page.get_by_role("button", name="Start calling").click()
    expect(page.get_by_text("The campaign is running")).to_be_visible()
    address = page.url

    called: list[str] = []
    callers = []
    for role in ("rep", "other_rep"):
        context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce", locale="en-US")
        caller = Visitor(context.new_page(), visitor.base, world)
        callers.append(context)
        caller.sign_in(role)
        caller.page.get_by_role("link", name="Campaigns").first.click()
        caller.page.get_by_role("link", name="Spring calls").first.click()
        caller.page.get_by_role("link", name="Call", exact=True).click()
        caller.page.get_by_role("button", name="Next lead").click()
        expect(caller.page.get_by_text("Thank you for your gift last spring.")).to_be_visible()
        called.append(take(caller.page))
    assert called[0] != called[1]
    pages = [context.pages[0] for context in callers]
    for turn in range(2):
        for caller_page, outcome in zip(pages, ("Interested", "Pledged"), strict=True):
            before = take(caller_page)
            if outcome == "Pledged":
                caller_page.get_by_label("Pledged").fill("50")
            caller_page.get_by_role("button", name=outcome, exact=False).first.click()
            expect(caller_page.get_by_role("heading", name=before)).to_have_count(0)
            if turn == 0:
                called.append(take(caller_page))
    assert len(called) == len(set(called)) == 4
    for context in callers:
        context.close()

    page.goto(address)
    ended = page.get_by_role("region", name="How the last calls ended")
    expect(ended.get_by_role("listitem").filter(has_text="Interested")).to_contain_text("2 leads")
    expect(ended.get_by_role("listitem").filter(has_text="Pledged")).to_contain_text("2 leads")
    with world.scope():
        assert CampaignLead.objects.filter(status="converted", pledged_amount=50).count() == 2
    # And the results are a spreadsheet again.
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert download.value.suggested_filename.startswith("spring-calls-home-")
    assert sorted(row["Pledged"] for row in rows) == ["0.00"] * 4 + ["50.00"] * 2
    assert {f"{row['First name']} {row['Last name']}" for row in rows} == set(PEOPLE)
    assert visitor.complaints == []


def test_a_large_export_is_waited_for_and_fetched(visitor, loop, monkeypatch):
    from leads.intake import LeadInput, receive

    monkeypatch.setattr(export_verbs, "AT_ONCE", 2)
    world = loop.world
    with world.scope():
        for name in PEOPLE:
            first, last = name.split()
            facts = LeadInput(first_name=first, last_name=last, email=f"{first}@example.com")
            receive(facts, actor=world.actor())
    page = visitor.sign_in("manager")
    visitor.workspace("exports/")
    expect(page.get_by_role("heading", name="No large exports yet")).to_be_visible()
    visitor.check("exports, empty")
    visitor.workspace()
    page.get_by_text("Export", exact=True).click()
    page.get_by_role("button", name="Excel", exact=True).click()
    expect(page.get_by_text("0 of about 6 leads")).to_be_visible()
    visitor.check("an export under way")
    making.work_off()
    expect(page.get_by_text("6 leads", exact=True)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_bytes()[:2] == b"PK"
    visitor.check("an export")
    visitor.shoot("export")
    page.get_by_role("link", name=re.compile("Notifications")).click()
    expect(page.get_by_text("Your export is ready.")).to_be_visible()
    visitor.check("notifications of an export")
    visitor.workspace("exports/")
    expect(page.get_by_role("row")).to_have_count(2)
    visitor.check("exports")
    visitor.shoot("exports")
    assert visitor.complaints == []

"""In the browser: a spreadsheet from the upload to its undoing, reading only the screen."""

import re

import pytest
from playwright.sync_api import expect

from campaigns.imports import work
from campaigns.models import Import
from leads.models import Lead

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

FILE = """First Name,Last Name,E-mail,Phone,Shirt
Ann,Archer,ann@example.com,+1 800 555 0100,M
Bea,Featherstonehaugh-Cholmondeley,bea@example.com,(800) 555-0101,L
Cleo,Nash,not an address,,S
Ann,Archer,ann@example.com,,M
"""


def test_a_file_becomes_leads_and_is_undone(visitor, loop, tmp_path):
    path = tmp_path / "october-event.csv"
    path.write_text(FILE)
    visitor.sign_in()
    page = visitor.workspace("imports/")
    visitor.check("imports-empty")
    page.get_by_role("main").get_by_role("link", name="Import a file").first.click()
    visitor.check("import-new")
    visitor.shoot("import-new")
    page.get_by_label(re.compile("^File")).set_input_files(str(path))
    page.get_by_label(re.compile("new list")).fill("October event")
    page.get_by_role("button", name="Send and map the columns").click()
    # What could be guessed is; the rest is chosen.
    expect(page.get_by_label("E-mail", exact=True)).to_have_value("email")
    expect(page.get_by_label("Shirt", exact=True)).to_have_value("")
    visitor.check("import-mapping")
    visitor.shoot("import-mapping")
    page.get_by_label("Shirt", exact=True).select_option("attr.shirt")
    page.get_by_label(re.compile("known already")).select_option("fill")
    page.get_by_role("button", name="Try it out").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    work.work_off()
    expect(page.get_by_text("This is what would happen")).to_be_visible()
    expect(page.get_by_text("E-mail: Enter an e-mail address")).to_be_visible()
    visitor.check("import-dry-run")
    visitor.shoot("import-dry-run")
    page.get_by_role("button", name="Take in 3 rows").click()
    expect(page.get_by_text("You can close this page")).to_be_visible()
    visitor.check("import-running")
    work.work_off()
    expect(page.get_by_text("Everything that could be taken in is in.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("not taken")).click()
    assert "not an address" in download.value.path().read_text()
    visitor.check("import-done")
    visitor.shoot("import-done")
    with loop.world.scope():
        assert Lead.objects.alive().count() == 2
        assert Import.objects.get().lead_list.lead_count == 2
    page.get_by_role("button", name="Undo the import").click()
    work.work_off()
    expect(page.get_by_text("2 taken out")).to_be_visible()
    with loop.world.scope():
        assert not Lead.objects.alive().exists()
    visitor.workspace("imports/")
    expect(page.get_by_text("october-event.csv")).to_be_visible()
    visitor.check("imports")
    visitor.shoot("imports")

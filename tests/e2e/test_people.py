"""In the browser: contacts, companies, the form of a contact, and the settings of custom fields."""

import re

import pytest
from playwright.sync_api import expect

from leads import editing
from leads.fields.custom_fields import define
from leads.intake import LeadInput, receive
from leads.models import Contact

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def forgive_refusals(visitor):
    """A refused form is a 409 or 422, which the browser writes to its console."""
    visitor.complaints[:] = [text for text in visitor.complaints if not re.search("4(09|22)", text)]


def test_people_and_their_companies_are_found_and_edited(visitor, loop):
    world, manager = loop.world, loop.world.actor("manager")
    with world.scope():
        define(actor=manager, label="Roof", kind="multi_choice", choices=["Pitched", "Flat"])
        arrival = LeadInput(first_name="Ann", email="ann@x.example", company="Acme", tags=["vip"])
        ann = receive(arrival, actor=manager).lead.contact
        receive(LeadInput(first_name="Bob", email="bob@x.example"), actor=manager)

    page = visitor.sign_in("manager")
    page.get_by_role("link", name="Contacts", exact=True).click()
    expect(page.get_by_role("link", name="Bob")).to_be_visible()
    visitor.check("contacts")
    page.get_by_label("Tag").fill("vip")
    page.get_by_label("Tag").press("Enter")
    expect(page.get_by_role("link", name="Bob")).to_have_count(0)

    page.get_by_role("link", name="Ann", exact=False).first.click()
    page.get_by_role("link", name="Edit Ann").click()
    page.get_by_label("E-mail").first.fill("bob@x.example")
    page.get_by_label("Job title").fill("CTO")
    page.get_by_label("Platform (1)").fill("Instagram")
    page.get_by_label("Name there (1)").fill("@ann")
    page.get_by_label("Flat").check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Bob, contact #").first).to_be_visible()
    expect(page.get_by_role("link", name="Open contact #")).to_be_visible()
    page.get_by_label("E-mail").first.fill("ann@x.example")
    # Somebody else was faster.
    with world.scope():
        editing.update_contact(ann, actor=manager, changes={"job_title": "CEO"})
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Somebody made this “CEO” meanwhile").first).to_be_visible()
    expect(page.get_by_label("Job title")).to_have_value("CTO")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("@ann")).to_be_visible()
    with world.scope():
        stored = Contact.objects.get(pk=ann.pk)
    assert (stored.job_title, stored.custom_fields) == ("CTO", {"roof": ["Flat"]})
    forgive_refusals(visitor)
    page.get_by_role("link", name="Edit Ann").click()
    visitor.check("contact's form")
    visitor.shoot("contact-form")

    page.get_by_role("link", name="Companies", exact=True).click()
    visitor.check("companies")
    page.get_by_role("link", name="Acme").click()
    visitor.check("company")
    visitor.shoot("company")
    page.get_by_role("link", name="Edit Acme").click()
    page.get_by_label("Name").fill("Acme Ltd")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", name="Acme Ltd")).to_be_visible()


def test_a_field_goes_from_the_settings_to_the_public_form(visitor, loop):
    page = visitor.sign_in("manager")
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("main").get_by_role("link", name="Custom fields").click()
    page.get_by_role("link", name="Define the first field").click()
    page.get_by_label("Name").fill("Interests")
    page.get_by_label("Kind").select_option("multi_choice")
    page.locator("#id_choice_lines").fill("Solar\nStorage")
    visitor.check("new field")
    page.get_by_label("Name").fill("Interests")
    page.get_by_label("Kind").select_option("multi_choice")
    page.locator("#id_choice_lines").fill("Solar\nStorage")
    page.get_by_role("button", name="Save field").click()
    expect(page.get_by_text("2 choices")).to_be_visible()
    visitor.check("custom fields")

    page.get_by_role("link", name="Settings").first.click()
    page.get_by_role("main").get_by_role("link", name="forms").first.click()
    page.locator("tbody .row-link").first.click()
    page.get_by_label("Ask for: Interests").check()
    page.get_by_role("button", name="Save form").click()
    expect(page.get_by_label("Ask for: Interests")).to_be_checked()
    visitor.check("editor with an own field")
    page.goto(page.get_by_label("Link to the form's own page").input_value())
    expect(page.get_by_role("group", name="Interests")).to_be_visible()
    visitor.check("public form with an own field")

"""In the browser: a workspace's own fields, asked for, shown, changed in place and filtered by."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from leads.fields.custom_fields import define
from leads.models import Contact

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def forgive_refusals(visitor):
    """A refused form is a 422, which the browser writes to its console."""
    visitor.complaints[:] = [text for text in visitor.complaints if "422" not in text]


def test_own_fields_from_a_new_lead_to_a_filter(visitor, loop):
    world, manager = loop.world, loop.world.actor("manager")
    with world.scope():
        define(actor=manager, label="Roof", kind="choice", choices=["Pitched", "Flat"])
        define(actor=manager, label="Interests", kind="multi_choice", choices=["Solar", "Storage"])
        define(actor=manager, label="Yearly use", kind="number", subject="lead")
        define(actor=manager, label="Website", kind="url")

    page = visitor.sign_in("rep")
    visitor.workspace("leads/new/")
    page.get_by_label("First name").fill("Ann")
    page.get_by_label("Roof").select_option("Flat")
    page.get_by_label("Solar").check()
    page.get_by_label("Yearly use").fill("a lot")
    page.get_by_role("button", name="Create lead").click()
    expect(page.get_by_text("This field takes a number").first).to_be_visible()
    assert Axe().run(page).violations_count == 0
    expect(page.get_by_label("Roof")).to_have_value("Flat")
    page.get_by_label("Yearly use").fill("4200")
    page.get_by_role("button", name="Create lead").click()

    card = page.get_by_role("region", name="More details")
    expect(card.get_by_text("Solar", exact=True).first).to_be_visible()
    forgive_refusals(visitor)
    visitor.check("lead with its own fields")
    card.get_by_text("Edit these details").click()
    card.get_by_label("Website").fill("javascript:alert(1)")
    card.get_by_label("Storage").check()
    card.get_by_role("button", name="Save details").click()
    expect(card.get_by_text("This field takes a web address")).to_be_visible()
    # What is being fetched again is dimmed on purpose.
    expect(page.locator(".htmx-request")).to_have_count(0)
    report = Axe().run(page)
    assert report.violations_count == 0, report.generate_report()
    forgive_refusals(visitor)
    card.get_by_label("Website").fill("https://ann.example")
    card.get_by_role("button", name="Save details").click()
    expect(page.get_by_text("The details are saved.")).to_be_visible()
    expect(card.get_by_role("link", name="https://ann.example")).to_be_visible()
    with world.scope():
        assert Contact.objects.get().custom_fields == {
            "roof": "Flat",
            "interests": ["Solar", "Storage"],
            "website": "https://ann.example",
        }

    visitor.workspace("leads/?attr.roof=flat&attr.yearly_use.min=4000")
    expect(page.get_by_text("Ann").first).to_be_visible()
    visitor.check("leads by a custom field")
    page.get_by_label("Status").first.select_option("new")
    page.wait_for_url("**status=new**")
    assert "attr.roof=flat" in page.url.lower()
    page.get_by_role("link", name="Remove the filter Roof").click()
    page.wait_for_url(lambda url: "attr.roof" not in url and "attr.yearly_use.min=4000" in url)

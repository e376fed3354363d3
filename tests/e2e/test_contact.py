"""In the browser: from a lead to its person, and what was changed about both."""

import re

import pytest
from playwright.sync_api import expect

from accounts.acting import acting
from leads import lifecycle
from leads.assigning.assignment import assign
from leads.intake import LeadInput, receive
from leads.models import Contact

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_a_persons_page_and_the_history_of_lead_and_person(visitor, loop):
    world = loop.world
    arrival = LeadInput(
        first_name="Ann",
        last_name="Archer",
        email="ann.archer.of.a.very.long.address@archers-and-sons.example.com",
        phone="+13125550123",
        company="Archer and Sons",
        tags=["vip"],
        consent={"email": True, "ad_user_data": False},
    )
    manager = world.actor("manager")
    with acting(manager), world.scope():
        lead = receive(arrival, actor=manager).lead
        assign(lead, actor=manager, user_id=world.rep.pk)
        lifecycle.qualify(lead, actor=manager)
        Contact.objects.update(do_not_contact={"sms": True}, phone="+13125550199")

    page = visitor.sign_in("rep")
    visitor.workspace(f"leads/{lead.number}/")
    history = page.locator("#history")
    history.locator("summary").click()
    expect(history.get_by_text("Owner: – → Rep")).to_be_visible()
    expect(history.get_by_text("Status: New → Qualified")).to_be_visible()
    page.goto(f"{page.url}?history=all")
    expect(history.get_by_text("Manager").first).to_be_visible()
    visitor.check("lead with history")

    page.get_by_role("link", name="Ann Archer", exact=True).click()
    expect(page.get_by_role("heading", name="Ann Archer")).to_be_visible()
    expect(page.get_by_text("Do not contact", exact=True)).to_be_visible()
    expect(page.get_by_text("Phone: changed")).to_be_visible()
    expect(page.get_by_text("Do not contact: – → sms yes")).to_be_visible()
    visitor.check("contact")
    visitor.shoot("contact")
    page.get_by_role("link", name=f"#{lead.number}").click()
    expect(page.get_by_role("heading", name="Ann Archer")).to_be_visible()

    # Where the column fits.
    page.set_viewport_size({"width": 1700, "height": 860})
    visitor.workspace()
    page.get_by_role("link", name=re.compile("Ann Archer.*5550199")).click()
    page.wait_for_url(f"**/contacts/{lead.contact.number}/")

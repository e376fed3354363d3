"""In the browser: from a suggestion over two contacts side by side to one, and back to two."""

import pytest
from playwright.sync_api import expect

from leads import lifecycle
from leads.intake import LeadInput, receive
from leads.merges import duplicates

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def fill(world):
    """Ann came in twice, the second time from the office and with news."""
    with world.scope():
        ann = receive(
            LeadInput(
                first_name="Ann",
                last_name="Archer",
                email="ann@example.com",
                company="Archer and Sons",
                tags=["vip"],
                address={"city": "Springfield"},
            ),
            actor=world.actor(),
        ).lead
        anne = receive(
            LeadInput(
                first_name="Anne",
                last_name="Archer",
                email="anne.archer.of.a.very.long.address@archers-and-sons.example.com",
                phone="+13125550123",
                company="Archer and Sons",
                custom_fields={"budget": 9000},
                consent={"email": False},
            ),
            actor=world.actor(),
        ).lead
        lifecycle.qualify(anne, actor=world.actor())
        duplicates.raise_pair(world.home.pk, ann.contact_id, anne.contact_id, ["arrival"])
    return ann


def test_two_contacts_become_one_and_two_again(visitor, loop):
    ann = fill(loop.world)
    page = visitor.sign_in("manager")
    visitor.workspace(f"leads/{ann.number}/")
    expect(page.get_by_role("heading", name="May be the same person")).to_be_visible()
    visitor.check("lead with a suggestion")

    visitor.workspace("contacts/")
    page.get_by_role("link", name="Possible duplicates").click()
    expect(page.get_by_text("One came in with the other’s phone number")).to_be_visible()
    visitor.check("possible duplicates")
    visitor.shoot("duplicates")

    visitor.workspace(f"contacts/{ann.contact.number}/merge/")
    visitor.check("whom to merge with")
    page.get_by_role("link", name="Compare Anne Archer").click()
    expect(page.get_by_role("heading", name="Merge two contacts")).to_be_visible()
    visitor.check("side by side")
    visitor.shoot("merge")
    result = page.locator("#merge-result")
    expect(result.get_by_text("+13125550123")).to_be_visible()
    expect(result.get_by_text("Ann", exact=True)).to_be_visible()
    first_name = page.get_by_role("group", name="First name")
    first_name.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    expect(result.get_by_text("Anne", exact=True)).to_be_visible()
    page.get_by_role("button", name="Merge", exact=True).click()

    expect(page.get_by_role("heading", name="Anne Archer")).to_be_visible()
    toast = page.locator("#toasts")
    expect(toast.get_by_text("is merged into this one")).to_be_visible()
    expect(page.get_by_role("heading", name="Merged into this one")).to_be_visible()
    toast.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("on its own again")).to_be_visible()
    expect(page.get_by_role("heading", name="Ann Archer")).to_be_visible()
    assert visitor.complaints == []

"""In the browser: a campaign made, lists foreseen and added, put in order by dragging, started."""

import re

import pytest
from playwright.sync_api import expect

from campaigns.models import Campaign, CampaignLead, CampaignLeadList, LeadList, LeadListMember
from leads.intake import LeadInput, receive
from leads.models import Contact

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_a_campaign_from_new_to_completed(visitor, loop):
    world = loop.world
    with world.scope():
        leads = [
            receive(
                LeadInput(
                    first_name=f"Person {n}", email=f"p{n}@example.com", phone=f"+1312555010{n}"
                ),
                actor=world.actor(),
            ).lead
            for n in range(6)
        ]
        Contact.objects.filter(pk=leads[5].contact_id).update(do_not_contact={"call": True})
        for name, some in (("Major donors", leads[:3]), ("Event guests", leads[2:])):
            group = LeadList.objects.create(workspace=world.home, name=name)
            LeadListMember.objects.bulk_create(
                LeadListMember(workspace=world.home, lead_list=group, lead=lead) for lead in some
            )
    page = visitor.sign_in("manager")
    visitor.workspace("campaigns/")
    expect(page.get_by_role("heading", name="No campaigns yet")).to_be_visible()
    visitor.check("campaigns, empty")
    page.get_by_role("link", name="New campaign").first.click()
    page.get_by_label("Name", exact=True).fill("Year end")
    page.get_by_label("Script optional").fill("Thank you for your gift last year.")
    page.get_by_label("From optional").fill("18:00")
    page.get_by_label("Until optional").fill("09:00")
    page.get_by_role("button", name="Make the campaign").click()
    expect(page.get_by_role("alert")).to_contain_text("later than the start")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Year end")
    # The browser notes that the form was refused.
    assert all("422" in text for text in visitor.complaints)
    visitor.complaints.clear()
    page.get_by_label("From optional").fill("00:00")
    page.get_by_label("Until optional").fill("00:00")
    for day in ("Saturday", "Sunday"):
        page.get_by_label(day).check()
    page.get_by_role("button", name="Make the campaign").click()
    expect(page.get_by_role("heading", name="Year end")).to_be_visible()

    for name, foreseen in (
        ("Major donors", "3 leads will be added, 0 already in, 0 do-not-contact."),
        ("Event guests", "2 leads will be added, 1 already in, 1 do-not-contact."),
    ):
        page.get_by_role("link", name="Add a list").first.click()
        dialog = page.get_by_role("dialog", name="Add a list")
        dialog.get_by_label("List", exact=True).select_option(name)
        expect(dialog.locator("#foreseen")).to_contain_text(foreseen)
        dialog.get_by_role("button", name="Add the list").click()
        expect(page.get_by_role("row").filter(has_text=name)).to_be_visible()
    with world.scope():
        campaign = Campaign.objects.get()
    home = f"campaigns/{campaign.pk}/"

    # By dragging the second above the first, and by its number.
    handles = page.locator("[data-handle]")
    first, second = handles.nth(0).bounding_box(), handles.nth(1).bounding_box()
    page.mouse.move(second["x"] + 8, second["y"] + 8)
    page.mouse.down()
    page.mouse.move(first["x"] + 8, first["y"] - 4, steps=6)
    page.mouse.up()
    expect(page.get_by_text("The order is saved.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Priority of Event guests")).to_have_value("1")
    page.get_by_label("Priority of Event guests").fill("7")
    page.get_by_role("button", name="Save the order").click()
    expect(page.get_by_label("Priority of Event guests")).to_have_value("7")

    page.get_by_role("button", name="Start calling").click()
    expect(page.get_by_text("The campaign is running")).to_be_visible()
    with world.scope():
        now = campaign.created_at
        CampaignLead.objects.filter(lead=leads[0]).update(
            status="converted",
            outcome="pledged",
            due_at=None,
            contacted_at=now,
            succeeded_at=now,
            attempts=2,
            total_talk_time=320,
            pledged_amount=150,
        )
        CampaignLead.objects.filter(lead=leads[1]).update(outcome="no_answer", attempts=1)
    visitor.workspace(home)
    outcomes = page.get_by_role("region", name="How the last calls ended")
    expect(outcomes.get_by_role("listitem").filter(has_text="Pledged")).to_contain_text("1 lead")
    expect(page.get_by_role("row").filter(has_text="Unrated")).to_be_visible()
    visitor.check("a campaign")
    visitor.shoot("campaign")

    visitor.workspace(f"{home}lists/add/")
    visitor.check("adding a list")
    visitor.workspace("lists/")
    with world.scope():
        more = LeadList.objects.create(workspace=world.home, name="Newsletter")
    visitor.workspace(f"{home}lists/add/?list={more.pk}")
    visitor.shoot("campaign-add-list")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()

    page.get_by_role("link", name=re.compile("Change.*Major donors")).click()
    dialog = page.get_by_role("dialog", name="Major donors")
    dialog.get_by_label("It is called").uncheck()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row").filter(has_text="Major donors")).to_contain_text("Paused")
    page.get_by_role("link", name=re.compile("Take away.*Event guests")).click()
    page.get_by_role("dialog").get_by_role("button", name="Take it away").click()
    expect(page.get_by_role("row").filter(has_text="Event guests")).to_have_count(0)

    visitor.workspace(f"{home}leads/?outcome=pledged")
    expect(page.get_by_role("row")).to_have_count(2)
    visitor.check("leads of a campaign")
    visitor.workspace(f"{home}edit/")
    visitor.check("editing a campaign")
    visitor.shoot("campaign-edit")
    visitor.workspace("campaigns/compare-lists/")
    expect(page.get_by_role("row").filter(has_text="Major donors")).to_contain_text("100.00 %")
    expect(page.get_by_role("row").filter(has_text="Unrated")).to_be_visible()
    visitor.check("lists compared")
    visitor.shoot("campaign-compare-lists")
    visitor.workspace("campaigns/")
    expect(page.get_by_text("1 of 3 contacted, 1 success")).to_be_visible()
    visitor.check("campaigns")
    visitor.shoot("campaigns")

    visitor.workspace(home)
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_text("The campaign is completed.")).to_be_visible()
    expect(page.get_by_role("link", name="Add a list")).to_have_count(0)
    with world.scope():
        assert CampaignLeadList.objects.get().total_leads == 3

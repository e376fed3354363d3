"""In the browser: a caller works through a campaign, a supervisor watches."""

import pytest
from playwright.sync_api import expect

from campaigns import queue
from campaigns.models import CallAttempt, CampaignLead
from leads.intake import LeadInput, receive
from leads.timeline import add_note
from tests.campaigns.calls import a_campaign, a_source

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PEOPLE = ("Ann Archer", "Bea Featherstonehaugh-Cholmondeley", "Cleo Nash", "Dan Okafor")


def fill(world):
    script = (
        "Hello, this is … of Moss Kitchens.\n\nThank you for your gift last spring."
        " May I tell you what it made possible?"
    )
    with world.scope():
        leads = []
        for number, name in enumerate(PEOPLE):
            first, last = name.split()
            given = LeadInput(
                first_name=first,
                last_name=last,
                email=f"{first.lower()}@example.com",
                phone=f"+1 800 555 01{number:02}",
                company="Moss & Daughters",
            )
            leads.append(receive(given, actor=world.actor()).lead)
        add_note(leads[0], actor=world.actor(), text="Prefers to be called in the morning.")
        campaign = a_campaign(world, name="Spring donors 2026", script=script)
        a_source(world, campaign, leads[:3], heat={leads[0].pk: 20})
        a_source(world, campaign, leads[3:], priority=2)
        return campaign


def test_a_caller_works_through_a_campaign_and_a_supervisor_watches(visitor, loop):
    campaign = fill(loop.world)
    page = visitor.sign_in("rep")
    visitor.workspace(f"campaigns/{campaign.pk}/call/")
    expect(page.get_by_text("Ready when you are")).to_be_visible()
    visitor.check("calling, ready")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Ann Archer")).to_be_visible()
    expect(page.get_by_text("Prefers to be called in the morning.")).to_be_visible()
    page.get_by_label("Notes").fill("Her assistant answered.")
    visitor.check("calling")
    # Loaded anew, what was typed is still there.
    expect(page.get_by_label("Notes")).to_have_value("Her assistant answered.")
    visitor.shoot("calling")
    page.get_by_label("Call back at").fill("2020-01-01T09:00")
    page.get_by_role("button", name="Call back").click()
    expect(page.get_by_text("Use a time to come").first).to_be_visible()
    visitor.complaints[:] = [text for text in visitor.complaints if "422" not in text]
    page.get_by_label("Call back at").fill("")
    page.get_by_role("button", name="Call back").click()
    expect(page.get_by_role("heading", name="Bea")).to_be_visible()
    expect(page.get_by_label("Notes")).to_have_value("")
    # The key of an outcome, but not while something is typed.
    page.get_by_label("Notes").fill("5 rings")
    page.get_by_role("heading", name="Script").click()
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="Cleo Nash")).to_be_visible()
    page.get_by_label("Stop after this call").check()
    page.keyboard.press("5")
    expect(page.get_by_text("Ready when you are")).to_be_visible()
    expect(page.get_by_role("region", name="Your callbacks")).to_contain_text("Ann Archer")
    page.get_by_role("button", name="Next lead").click()
    expect(page.get_by_role("heading", name="Dan Okafor")).to_be_visible()
    with loop.world.scope():
        calls = CallAttempt.objects.order_by("at").values_list("outcome", "notes")
        assert list(calls) == [
            ("callback", "Her assistant answered."),
            ("no_answer", "5 rings"),
            ("interested", ""),
        ]
        manager = loop.world.actor("manager")
        CampaignLead.objects.exclude(status="calling").filter(due_at__isnull=False).update(
            due_at=campaign.created_at, callback_at=None
        )
        queue.next_lead(campaign, actor=manager)
    page.get_by_role("button", name="Stop, without a call").click()
    expect(page.get_by_text("The lead is back in the queue.")).to_be_visible()
    visitor.page.context.clear_cookies()
    visitor.sign_in("manager")
    visitor.workspace(f"campaigns/{campaign.pk}/live/")
    expect(page.get_by_role("region", name="In a call now")).to_contain_text("Manager")
    expect(page.get_by_role("region", name="Callers today")).to_contain_text("Rep")
    expect(page.get_by_role("region", name="Outcomes today")).to_contain_text("No answer")
    visitor.check("live")
    visitor.shoot("campaign-live")


def test_nobody_is_left(visitor, loop):
    with loop.world.scope():
        campaign = a_campaign(loop.world)
    page = visitor.sign_in("rep")
    visitor.workspace(f"campaigns/{campaign.pk}/call/")
    expect(page.get_by_text("Nobody is left to call")).to_be_visible()
    visitor.check("calling, nobody left")

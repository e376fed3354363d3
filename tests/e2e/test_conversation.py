"""In the browser: an e-mail from the lead's page to the person and the answer, without a reload."""

import pytest
from django.core import mail
from playwright.sync_api import expect

from leads.intake import LeadInput, receive
from leads.messaging import email_delivery, messages
from leads.models import Message

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_an_email_is_written_sent_and_answered_on_the_leads_page(visitor, loop, settings):
    settings.DEFAULT_FROM_EMAIL = "crm@example.org"
    settings.EMAIL_SENDER_DOMAINS = ["example.org"]
    world = loop.world
    with world.scope():
        data = LeadInput(first_name="Ann", last_name="Archer", email="ann@example.com")
        lead = receive(data, actor=world.actor()).lead
    page = visitor.sign_in("rep")
    visitor.workspace(f"leads/{lead.number}/")
    expect(page.get_by_text("No messages yet.")).to_be_visible()
    page.get_by_role("link", name="E-mail Ann Archer").click()
    composer = page.get_by_role("form", name="Write down what happened")
    expect(composer.get_by_text("To ann@example.com.")).to_be_visible()
    composer.get_by_label("Subject").fill("Your kitchen")
    text = composer.get_by_role("textbox", name="What happened?")
    text.fill("Here are the plans.")
    page.reload()
    expect(text).to_have_value("Here are the plans.")
    composer.get_by_role("button", name="Send e-mail").click()
    thread = page.get_by_role("region", name="Conversation")
    expect(thread.get_by_text("Waiting to be sent")).to_be_visible()
    email_delivery.send_due()
    assert mail.outbox[0].subject == "Your kitchen"
    # The page finds out by itself.
    expect(thread.get_by_text("Sent", exact=True)).to_be_visible(timeout=8000)
    with world.scope():
        messages.add(lead, actor=world.actor(), channel="ig_msg", direction="inbound", body="Fine!")
        Message.objects.filter(channel="email").update(status="failed", error="Refused (550).")
    expect(thread.get_by_text("Fine!")).to_be_visible(timeout=8000)
    visitor.check("conversation")
    visitor.shoot("conversation")
    thread.get_by_role("link", name="Instagram").click()
    expect(thread.get_by_role("listitem")).to_have_count(1)
    thread.get_by_role("link", name="All").click()
    thread.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("It is tried again now.")).to_be_visible()

"""Complaints, unsubscribes and addresses that are gone: what they change, and who is told."""

import pytest

from accounts.tenancy import scope
from integrations import inbox
from leads import editing
from leads.intake import LeadInput, receive
from leads.messaging import email_delivery, messages
from leads.models import Contact, Interaction, Lead, Message
from tests.leads.test_inbound_email import (  # noqa: F401 - a fixture for every test
    KEY,
    connect,
    deliver,
    deployment,
    new_lead,
    signed,
    states,
    write,
)


def about(sent, **news):
    return {"Metadata": {"leadloop_message": str(sent.pk)}, "Email": "Ann@example.com"} | news


COMPLAINT = {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "ID": 8}
UNSUBSCRIBED = {
    "RecordType": "SubscriptionChange",
    "Recipient": "ann@example.com",
    "SuppressSending": True,
    "SuppressionReason": "ManualSuppression",
    "ChangedAt": "2026-01-05T10:00:00Z",
}
HARD = {"RecordType": "Bounce", "Type": "HardBounce", "ID": 7}


def tell(client, address, *payloads):
    for payload in payloads:
        assert deliver(client, address, payload) == 200
    inbox.handle_due()


def consent_of(world, lead):
    with world.scope():
        return Contact.objects.get(pk=lead.contact_id).consent


def entries_of(world, lead):
    with world.scope():
        rows = Interaction.objects.filter(lead=lead, payload__step="updated")
        return [(row.payload["because"], row.payload["fields"]) for row in rows]


@pytest.mark.parametrize(
    ("news", "because"), [(COMPLAINT, "complained"), (UNSUBSCRIBED, "unsubscribed")]
)
def test_who_wants_no_more_mail_is_asked_no_more(world, client, news, because):
    lead = new_lead(world)
    with world.scope():
        Contact.objects.filter(pk=lead.contact_id).update(consent={"email": True, "sms": True})
    sent = write(world, lead)
    address = connect(world)
    tell(client, address, about(sent, **news), about(sent, **news))
    assert consent_of(world, lead) == {"email": False, "sms": True}
    assert entries_of(world, lead) == [(because, ["consent"])]
    assert states(world) == ["handled"]
    with world.scope(), pytest.raises(messages.CannotSend) as refusal:
        messages.add(
            lead,
            actor=world.actor(),
            channel="email",
            direction="outbound",
            subject="Again",
            body="x",
        )
    assert refusal.value.code == "email_refused"
    client.force_login(world.rep)
    page = client.get(f"/w/home/leads/{lead.number}/").content.decode()
    assert "Nothing can be sent: This person does not want e-mail." in page
    assert "Wants no e-mail" in page
    assert "they want no e-mail" in page


def test_news_without_our_reference_are_of_whoever_has_the_address(world, client):
    lead = new_lead(world)
    with scope(world.abroad.pk):
        theirs = receive(
            LeadInput(first_name="Ann", email="ann@example.com"), actor=world.stranger_actor()
        ).lead
    address = connect(world)
    tell(client, address, UNSUBSCRIBED, UNSUBSCRIBED | {"Recipient": "nobody@example.com"})
    assert consent_of(world, lead) == {"email": False}
    assert sorted(states(world)) == ["handled", "unmatched"]
    with scope(world.abroad.pk):
        assert Contact.objects.get(pk=theirs.contact_id).consent == {}


def test_mailgun_says_why_it_held_a_mail_back(world, client):
    lead = new_lead(world)
    sent = write(world, lead)
    address = connect(world, "mailgun", mailgun_signing_key=KEY)
    told = {key: signed()[key] for key in ("timestamp", "token", "signature")}
    data = {
        "event": "failed",
        "severity": "permanent",
        "reason": "suppress-complaint",
        "user-variables": {"leadloop_message": str(sent.pk)},
        "timestamp": 1767607200.5,
        "recipient": "ann@example.com",
    }
    tell(client, address, {"signature": told, "event-data": data})
    assert consent_of(world, lead) == {"email": False}
    with world.scope():
        row = Message.objects.get(pk=sent.pk)
        # Nothing is wrong with the address.
        assert (row.status, row.meta) == ("bounced", {})


def test_an_address_that_is_gone_is_marked_until_it_is_corrected_or_tried_again(world, client):
    lead = new_lead(world)
    sent = write(world, lead)
    address = connect(world)
    tell(client, address, about(sent, **HARD))
    assert consent_of(world, lead) == {}

    def obstacle():
        with world.scope():
            contact = Lead.objects.select_related("contact").get(pk=lead.pk).contact
            return messages.why_not_email(contact, sender="crm@example.org")[0]

    assert obstacle() == "email_undeliverable"
    client.force_login(world.rep)
    for path in (f"leads/{lead.number}", f"contacts/{lead.contact.number}"):
        assert "Not deliverable" in client.get(f"/w/home/{path}/").content.decode()
    page = client.get(f"/w/home/leads/{lead.number}/").content.decode()
    assert "Nothing can be sent: Mail to ann@example.com came back" in page

    with world.scope():
        editing.update(lead, actor=world.actor(), changes={"email": "anne@example.com"})
    assert obstacle() == ""
    with world.scope():
        editing.update(lead, actor=world.actor(), changes={"email": "ann@example.com"})
    assert obstacle() == "email_undeliverable"

    with world.scope():
        messages.retry(sent.pk, actor=world.actor())
    assert obstacle() == ""
    email_delivery.send_due()
    with world.scope():
        assert Message.objects.get(pk=sent.pk).status == "sent"


def test_a_full_mailbox_is_no_missing_one(world, client):
    sent = write(world, new_lead(world))
    tell(client, connect(world), about(sent, **HARD | {"Type": "SoftBounce"}))
    with world.scope():
        row = Message.objects.get(pk=sent.pk)
        assert (row.status, row.meta) == ("bounced", {})

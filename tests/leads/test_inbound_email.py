"""Answers by e-mail: from the provider's webhook into the thread they belong to, once."""

import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import connections as databases
from django.test import Client

from accounts.tenancy import scope
from integrations import connections, inbox
from integrations.models import Connection, InboundDelivery
from leads.intake import LeadInput, receive
from leads.messaging import email_delivery, messages
from leads.models import Interaction, Lead, Message
from tests.api import with_key

KEY = "mailgun-signing-key"


@pytest.fixture(autouse=True)
def deployment(settings):
    settings.DEFAULT_FROM_EMAIL = "crm@example.org"
    settings.EMAIL_SENDER_DOMAINS = ["example.org"]
    settings.EMAIL_INBOUND_DOMAIN = "reply.example.org"
    settings.SITE_URL = "https://crm.example.org"


def connect(world, service="postmark", **secrets):
    with world.scope():
        made = connections.create(
            actor=world.actor(), provider="email", settings={"service": service}, secrets=secrets
        )
    return f"/webhooks/email/{service}/{made.inbound_token}/"


def new_lead(world, email="ann@example.com"):
    with world.scope():
        return receive(LeadInput(first_name="Ann", email=email), actor=world.actor()).lead


def write(world, lead):
    with world.scope():
        sent = messages.add(
            lead,
            actor=world.actor(),
            channel="email",
            direction="outbound",
            subject="Plans",
            body="x",
        )
    email_delivery.send_due()
    return sent


def postmark(**changes):
    """What Postmark sends, as its documentation shows it."""
    sent = {
        "FromName": "Ann Moss",
        "FromFull": {"Email": "Ann@Example.com", "Name": "Ann Moss"},
        "ToFull": [{"Email": "crm@example.org", "Name": ""}],
        "OriginalRecipient": "crm@example.org",
        "Subject": "Re: Plans",
        "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
        "Date": "Thu, 5 Apr 2012 16:59:01 +0200",
        "TextBody": "Yes please!\n\n> x",
        "HtmlBody": "<p>Yes please!</p>",
        "StrippedTextReply": "Yes please!",
        "Headers": [{"Name": "Message-ID", "Value": "<answer-1@example.com>"}],
        "Attachments": [],
    }
    headers = [{"Name": name, "Value": value} for name, value in changes.pop("headers", {}).items()]
    return sent | {"Headers": [*sent["Headers"], *headers]} | changes


def deliver(client, address, payload):
    answer = client.post(address, json.dumps(payload), content_type="application/json")
    return answer.status_code


def stored(world):
    with world.scope():
        return list(Message.objects.filter(direction="inbound").order_by("id"))


def states(world):
    with world.scope():
        return list(InboundDelivery.objects.order_by("id").values_list("status", flat=True))


def test_an_answer_to_the_reply_address_joins_its_thread_and_the_lead_converses(world, client):
    lead = new_lead(world)
    sent = write(world, lead)
    reply_to = mail.outbox[0].reply_to[0]
    # Its sender writes from another address: the reply address tells the thread all the same.
    payload = postmark(
        OriginalRecipient=reply_to, FromFull={"Email": "ann@work.example", "Name": "Ann M."}
    )
    assert deliver(client, connect(world), payload) == 200
    assert inbox.handle_due() == 1
    (row,) = stored(world)
    assert (row.lead_id, row.body, row.subject) == (lead.pk, "Yes please!", "Re: Plans")
    assert (row.status, row.author, row.in_reply_to) == ("received", "Ann M.", sent.message_id)
    assert row.meta == {"from": "ann@work.example"}
    with world.scope():
        now = Lead.objects.get(pk=lead.pk)
        assert (now.status, now.response_count) == ("conversing", 1)
        assert states(world) == ["handled"]
    # What is written next goes on from the answer.
    write(world, lead)
    assert mail.outbox[1].extra_headers["In-Reply-To"] == "<answer-1@example.com>"


def test_one_connection_serves_the_organization_and_nobody_else(world, client):
    lead = new_lead(world)
    write(world, lead)
    payload = postmark(OriginalRecipient=mail.outbox[0].reply_to[0])
    addresses = []
    for workspace in (world.abroad, world.sibling):
        with scope(workspace.pk):
            made = Connection.objects.create(
                workspace=workspace,
                provider="email",
                name="Replies",
                settings={"service": "postmark"},
                inbound_token=f"token-of-{workspace.slug}",
            )
        addresses.append(f"/webhooks/email/postmark/{made.inbound_token}/")
    assert deliver(client, addresses[0], payload) == 200
    inbox.handle_due()
    assert stored(world) == []
    assert deliver(client, addresses[1], payload) == 200
    inbox.handle_due()
    assert [row.lead_id for row in stored(world)] == [lead.pk]


def test_without_the_reply_address_the_thread_is_found_by_the_message_answered(world, client):
    lead = new_lead(world)
    sent = write(world, lead)
    headers = {"In-Reply-To": sent.message_id}
    stranger = {"Email": "someone@else.example", "Name": ""}
    address = connect(world)
    assert deliver(client, address, postmark(headers=headers, FromFull=stranger)) == 200
    # And without either, by who wrote it.
    by_sender = postmark(Headers=[{"Name": "Message-ID", "Value": "<2@example.com>"}])
    deliver(client, address, by_sender)
    inbox.handle_due()
    assert [row.lead_id for row in stored(world)] == [lead.pk, lead.pk]
    assert [row.in_reply_to for row in stored(world)] == [sent.message_id, ""]


def test_mail_of_nobody_known_stays_in_the_inbox_and_can_be_replayed(world, client):
    address = connect(world)
    deliver(client, address, postmark())
    spam = {"Message-ID": "<3@x.example>", "X-Spam-Status": "Yes"}
    deliver(client, address, postmark(Headers=[{"Name": n, "Value": v} for n, v in spam.items()]))
    inbox.handle_due()
    assert (states(world), stored(world)) == (["unmatched", "unmatched"], [])
    lead = new_lead(world)
    with world.scope():
        for row in InboundDelivery.objects.all():
            inbox.replay(row)
    inbox.handle_due()
    assert states(world) == ["handled", "unmatched"]
    assert [row.lead_id for row in stored(world)] == [lead.pk]


def test_an_out_of_office_notice_is_shown_and_is_no_reply(world, client):
    lead = new_lead(world)
    sent = write(world, lead)
    notice = postmark(headers={"In-Reply-To": sent.message_id, "Auto-Submitted": "auto-replied"})
    deliver(client, connect(world), notice)
    inbox.handle_due()
    assert stored(world)[0].meta["automatic"] is True
    with world.scope():
        now = Lead.objects.get(pk=lead.pk)
        assert (now.status, now.response_count) == ("contacted", 0)
        assert Interaction.objects.filter(type="email", direction="inbound").count() == 1


def test_attachments_are_named_and_html_gives_up_its_words_alone(world, client):
    new_lead(world)
    html = "<style>p{}</style><p>Hello<br>you &amp; me</p><script>alert(1)</script>"
    content = {"Name": "plan.pdf", "ContentType": "application/pdf", "Content": "aGVsbG8="}
    payload = postmark(TextBody="", StrippedTextReply="", HtmlBody=html, Attachments=[content])
    deliver(client, connect(world), payload)
    inbox.handle_due()
    (row,) = stored(world)
    assert row.body == "Hello\nyou & me"
    assert row.meta["attachments"] == [{"name": "plan.pdf", "type": "application/pdf", "size": 5}]


def test_a_heavy_mail_is_taken_and_an_endless_one_is_not(world, client):
    new_lead(world)
    address = connect(world)
    file = {"Name": "a.bin", "ContentType": "application/octet-stream", "Content": "YWFh" * 10**6}
    assert deliver(client, address, postmark(Attachments=[file])) == 200
    inbox.handle_due()
    assert stored(world)[0].meta["attachments"][0]["size"] == 3 * 10**6
    endless = {"CONTENT_LENGTH": 31 * 2**20}
    answer = client.post(address, b"{}", content_type="application/json", **endless)
    assert answer.status_code == 413


def signed(**changes):
    token, stamp = "t" * 50, str(int(time.time()))
    digest = hmac.new(KEY.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "timestamp": stamp,
        "token": token,
        "signature": digest,
        "sender": "ann@example.com",
        "recipient": "crm@example.org",
        "from": "Ann Moss <ann@example.com>",
        "subject": "Hello",
        "body-plain": "Hello there",
        "stripped-text": "Hello there",
        "message-headers": json.dumps(
            [["From", "Ann Moss <ann@example.com>"], ["Message-Id", "<m1@example.com>"]]
        ),
        **changes,
    }


def test_mailgun_is_held_to_its_signature(world, client):
    lead = new_lead(world)
    address = connect(world, "mailgun", mailgun_signing_key=KEY)
    assert client.post(address, signed(signature="0" * 64)).status_code == 403
    # The address of a service that signs nothing does not open another door.
    assert deliver(client, address.replace("mailgun", "postmark"), postmark()) == 404
    assert states(world) == []
    for _again in range(2):
        assert client.post(address, signed()).status_code == 200
    inbox.handle_due()
    assert [(row.lead_id, row.body) for row in stored(world)] == [(lead.pk, "Hello there")]


def test_who_is_let_in(world, client):
    address = connect(world, basic_auth="me:secret")
    assert deliver(client, address, postmark()) == 403
    good = {"HTTP_AUTHORIZATION": "Basic bWU6c2VjcmV0"}
    assert client.post(address, "{", content_type="application/json", **good).status_code == 400
    assert client.get(address).status_code == 405
    assert deliver(client, "/webhooks/email/postmark/nobody/", postmark()) == 404
    assert deliver(client, "/webhooks/email/pigeon/nobody/", postmark()) == 404
    keyless = connect(world, "mailgun")
    assert client.post(keyless, signed()).status_code == 403
    with world.scope():
        Connection.objects.update(is_active=False)
    assert deliver(client, address, postmark()) == 404


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b'{"FromFull": 3}', b'{"Attachments": [{}]}', b"\xff"]
)
def test_what_cannot_be_read_is_no_server_error(world, client, body):
    answer = client.post(connect(world), body, content_type="application/json")
    assert answer.status_code in (200, 400)


def test_a_handler_that_fails_is_tried_again_and_then_waits_for_a_person(
    world, client, monkeypatch, caplog
):
    def broken(_delivery):
        raise RuntimeError("ann@example.com wrote")

    monkeypatch.setitem(inbox._handlers, "email", broken)
    deliver(client, connect(world), postmark())
    inbox.handle_due()
    assert inbox.handle_due() == 0
    with world.scope():
        row = InboundDelivery.objects.get()
        assert (row.status, row.attempts, row.last_error) == ("waiting", 1, "RuntimeError")
        InboundDelivery.objects.update(
            attempts=inbox.MOST_ATTEMPTS - 1, next_attempt_at=row.created_at
        )
    inbox.handle_due()
    assert states(world) == ["failed"]
    assert "wrote" not in caplog.text


@pytest.mark.timeout(180)
def test_the_same_mail_fifty_times_at_once_is_one_message(committed_world):
    lead = new_lead(committed_world)
    address = connect(committed_world)

    def once(_number):
        try:
            return deliver(Client(), address, postmark())
        finally:
            databases.close_all()

    def handle(_number):
        try:
            return inbox.handle_due()
        finally:
            databases.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(once, range(50))) == {200}
        list(pool.map(handle, range(4)))
    assert [row.lead_id for row in stored(committed_world)] == [lead.pk]
    assert states(committed_world) == ["handled"]


def test_a_connection_tells_its_address_and_takes_no_rule(world):
    api = with_key(world.key())
    body = {"provider": "email", "name": "Replies", "settings": {"service": "pigeon"}}
    refused = api.post("connections/", body)
    assert refused.json()["errors"][0]["code"] == "invalid_choice"
    made = api.post("connections/", body | {"settings": {"service": "postmark"}}).json()
    assert made["webhook_url"].startswith("https://crm.example.org/webhooks/email/postmark/")
    assert made["health"]["state"] == "untried"
    rule = {"trigger": "converted", "connection": made["id"], "external_action": "x"}
    assert api.post("conversion-rules/", rule).status_code == 404


def test_what_became_of_a_mail_is_told_once_and_never_goes_back(world, client):
    sent = write(world, new_lead(world))
    address = connect(world)
    news = {"Metadata": {"leadloop_message": str(sent.pk)}, "MessageID": "pm-1"}
    bounce = {"RecordType": "Bounce", "Type": "HardBounce", "ID": 7} | news
    delivered = {"RecordType": "Delivery", "DeliveredAt": "2026-01-05T10:00:00Z"} | news

    def tell(*payloads):
        for payload in payloads:
            assert deliver(client, address, payload) == 200
        inbox.handle_due()
        with world.scope():
            return Message.objects.get(pk=sent.pk)

    assert tell(delivered, delivered).status == "delivered"
    now = tell(bounce)
    assert (now.status, now.error) == ("bounced", "The mail came back: bounced.")
    assert tell(delivered).can_be_retried
    # What nobody asks, and what is none of ours.
    tell({"RecordType": "Open"} | news)
    tell(bounce | {"Metadata": {"leadloop_message": "nonsense"}})
    assert states(world) == ["handled", "handled", "unmatched"]


def test_mailgun_tells_it_too(world, client):
    sent = write(world, new_lead(world))
    address = connect(world, "mailgun", mailgun_signing_key=KEY)
    told = {key: signed()[key] for key in ("timestamp", "token", "signature")}
    variables = {"leadloop_message": str(sent.pk)}
    data = {"event": "failed", "severity": "permanent", "user-variables": variables}
    data |= {"timestamp": 1767607200.5, "recipient": "ann@example.com"}
    assert deliver(client, address, {"signature": told, "event-data": data}) == 200
    forged = {"signature": told | {"signature": "0" * 64}, "event-data": data}
    assert deliver(client, address, forged) == 403
    assert deliver(client, address, []) == 403
    inbox.handle_due()
    with world.scope():
        assert Message.objects.get(pk=sent.pk).status == "bounced"

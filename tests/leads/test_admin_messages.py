"""Messages, senders and what came in, in the admin."""

import pytest
from django.urls import reverse

from integrations.models import Connection, InboundDelivery
from leads.intake import LeadInput, receive
from leads.messaging import messages
from leads.models import EmailSender, Message
from tests.admin_rows import staff


@pytest.fixture(autouse=True)
def deployment(settings):
    settings.DEFAULT_FROM_EMAIL = "crm@example.org"
    settings.EMAIL_SENDER_DOMAINS = ["example.org"]


@pytest.fixture
def failed(world):
    staff(world.owner, world.manager, world.rep, world.viewer)
    with world.scope():
        data = LeadInput(first_name="Ann", email="ann@example.com")
        lead = receive(data, actor=world.actor()).lead
        row = messages.add(
            lead,
            actor=world.actor(),
            channel="email",
            direction="outbound",
            subject="Plans",
            body="x",
        )
        Message.objects.update(status="failed", error="Refused.", next_attempt_at=None)
    return row


def statuses(world):
    with world.scope():
        return list(Message.objects.values_list("status", flat=True))


def test_what_failed_is_found_and_sent_again(world, client, failed):
    client.force_login(world.rep)
    address = reverse("admin:leads_message_changelist")
    for query, shown in (("?q=ann", True), ("?status__exact=failed", True), ("?q=bob", False)):
        page = client.get(address + query)
        assert (page.status_code, str(failed.pk) in page.text) == (200, shown), query
    body = {"action": "retry", "_selected_action": [str(failed.pk)]}
    told = client.post(address, body, follow=True)
    assert "1 messages are tried again." in told.text
    assert statuses(world) == ["queued"]


def test_a_viewer_sends_nothing(world, client, failed):
    client.force_login(world.viewer)
    address = reverse("admin:leads_message_changelist")
    client.post(address, {"action": "retry", "_selected_action": [str(failed.pk)]})
    assert statuses(world) == ["failed"]


def test_the_sender_is_set_by_its_rules(world, client, failed):
    client.force_login(world.manager)
    address = reverse("admin:leads_emailsender_add")
    body = {"workspace": str(world.home.pk), "sender_name": "Moss"}
    refused = client.post(address, body | {"sender_address": "me@elsewhere.com"})
    assert "Use an address of: example.org." in refused.text
    client.post(address, body | {"sender_address": "me@example.org"})
    with world.scope():
        assert EmailSender.objects.get().sender_address == "me@example.org"


def test_what_belonged_to_nobody_is_handled_again(world, client, failed):
    with world.scope():
        connection = Connection.objects.create(
            workspace=world.home, provider="email", name="Replies", inbound_token="t"
        )
        row = InboundDelivery.objects.create(
            workspace=world.home,
            connection=connection,
            kind="email",
            external_id="1",
            payload={},
            status="unmatched",
        )
    client.force_login(world.owner)
    address = reverse("admin:integrations_inbounddelivery_changelist")
    body = {"action": "replay_deliveries", "_selected_action": [str(row.pk)]}
    assert "1 deliveries wait again." in client.post(address, body, follow=True).text
    with world.scope():
        assert InboundDelivery.objects.get().status == "waiting"

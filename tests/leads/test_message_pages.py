"""The conversation and the composer on the Lead page, and the settings of e-mail."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.intake import LeadInput, receive
from leads.messaging import email_delivery, messages
from leads.models import EmailSender, Interaction, Message


@pytest.fixture(autouse=True)
def deployment(settings):
    settings.DEFAULT_FROM_EMAIL = "crm@example.org"
    settings.EMAIL_SENDER_DOMAINS = ["example.org"]


@pytest.fixture
def lead(world, client):
    client.force_login(world.rep)
    with world.scope():
        data = LeadInput(first_name="Ann", email="ann@example.com")
        return receive(data, actor=world.actor()).lead


def address(lead, end=""):
    return f"/w/home/leads/{lead.number}/{end}"


def stored(world):
    with world.scope():
        return list(Message.objects.order_by("id"))


def add(world, lead, number=1, **facts):
    given = {"channel": "sms", "direction": "outbound", **facts}
    with world.scope():
        return [
            messages.add(lead, actor=world.actor(), body=f"message {i}", **given)
            for i in range(number)
        ]


def test_an_email_is_sent_from_the_composer_and_seen_in_the_conversation(world, client, lead):
    words = "Here <b>they</b> are"
    entry = {"kind": "email", "delivery": "send", "subject": "Plans", "text": words}
    answer = client.post(address(lead, "log/"), entry, follow=True)
    assert "The e-mail is on its way." in answer.text
    assert "Waiting to be sent" in answer.text
    assert "Here &lt;b&gt;they&lt;/b&gt; are" in answer.text
    email_delivery.send_due()
    assert mail.outbox[0].body == "Here <b>they</b> are"
    assert client.get(address(lead)).text.count("state-sent") == 1


def test_what_cannot_be_sent_stays_in_the_composer_with_the_reason(world, client, lead):
    with world.scope():
        type(lead.contact).objects.filter(pk=lead.contact_id).update(consent={"email": False})
    entry = {"kind": "email", "delivery": "send", "subject": "Plans", "text": "Here they are"}
    answer = client.post(address(lead, "log/"), entry)
    assert answer.status_code == 422
    assert answer.text.count("This person does not want e-mail.") >= 1
    assert "Here they are</textarea>" in answer.text
    refused = client.post(address(lead, "log/"), {"kind": "email", "delivery": "send", "text": ""})
    assert (refused.status_code, "Write something first." in refused.text) == (422, True)
    assert stored(world) == []
    # Written down, it may be.
    client.post(address(lead, "log/"), entry | {"delivery": "record"})
    assert [row.status for row in stored(world)] == ["recorded"]


@pytest.mark.parametrize(
    ("kind", "channel"),
    [
        ("sms", "sms"),
        ("linkedin", "linkedin_msg"),
        ("messenger", "fb_msg"),
        ("instagram", "ig_msg"),
    ],
)
def test_other_channels_are_written_down(world, client, lead, kind, channel):
    entry = {"kind": kind, "direction": "inbound", "text": "Hello", "successful": "yes"}
    assert client.post(address(lead, "log/"), entry).status_code == 302
    (row,) = stored(world)
    assert (row.channel, row.direction, row.status) == (channel, "inbound", "recorded")
    # A contact without words is one, and no message.
    client.post(address(lead, "log/"), {"kind": kind, "text": ""})
    assert len(stored(world)) == 1
    with world.scope():
        entries = Interaction.objects.exclude(direction="").order_by("id")
        assert [entry.direction for entry in entries] == ["inbound", "outbound"]
        assert entries[0].payload["successful"] is True


def test_the_conversation_alone_answers_only_when_there_is_news(world, client, lead):
    add(world, lead)
    page = client.get(address(lead)).text
    seen = page.partition("seen=")[2][:16]
    part = address(lead, "conversation/")
    assert client.get(part, {"seen": seen}).status_code == 204
    add(world, lead, channel="ig_msg", direction="inbound")
    news = client.get(part, {"seen": seen})
    assert (news.status_code, "<html" in news.text) == (200, False)
    assert news.text.count('<li class="bubble') == 2
    only = client.get(part, {"seen": seen, "thread": "ig_msg"}).text
    assert only.count('<li class="bubble') == 1


def test_a_failed_message_says_why_and_is_sent_again_by_a_click(world, client, lead):
    (row,) = add(world, lead, channel="email", subject="Plans")
    with world.scope():
        Message.objects.update(status="failed", error="Refused (550).", next_attempt_at=None)
    page = client.get(address(lead)).text
    assert "Refused (550)." in page
    retry = address(lead, f"messages/{row.pk}/retry/")
    assert retry in page
    assert client.post(retry).status_code == 302
    assert [row.status for row in stored(world)] == ["queued"]
    with world.scope():
        Message.objects.update(status="sent", next_attempt_at=None)
    assert client.post(retry).status_code == 409
    client.force_login(world.viewer)
    assert client.post(retry).status_code == 403
    assert "Send again" not in client.get(address(lead)).text


def test_the_page_costs_the_same_with_one_message_and_with_many(world, client, lead):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address(lead)).status_code == 200
        return len(seen)

    add(world, lead)
    queries()  # The workspace is read once and then known.
    few = queries()
    add(world, lead, 24)
    assert queries() == few
    page = client.get(address(lead)).text
    assert page.count('<li class="bubble') == 20
    older = client.get(address(lead), {"last": "40"}).text
    assert older.count('<li class="bubble') == 25


def test_a_manager_sets_the_sender(world, client, lead):
    settings_page = "/w/home/settings/email/"
    assert client.get(settings_page).status_code == 403
    client.force_login(world.manager)
    refused = client.post(settings_page, {"sender_address": "me@elsewhere.com"})
    assert (refused.status_code, "Use an address of: example.org." in refused.text) == (422, True)
    assert 'value="me@elsewhere.com"' in refused.text
    good = {"sender_name": "Moss", "sender_address": "hello@example.org"}
    answer = client.post(settings_page, good, follow=True)
    assert "Moss &lt;hello@example.org&gt;" in answer.text
    with world.scope():
        assert EmailSender.objects.get().sender_name == "Moss"

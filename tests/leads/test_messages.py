"""The conversation of a lead: writing, sending, threads, what is refused, what a crash leaves."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from accounts.permissions import PermissionRefused
from integrations.models import OutboxEvent
from leads.errors import Conflict, LeadNotFound
from leads.intake import LeadInput, receive
from leads.messaging import email_delivery, email_sender, messages
from leads.models import Interaction, Lead, Message

SECRET_WORDS = "The oak fronts cost 4711"


@pytest.fixture(autouse=True)
def deployment(settings):
    settings.DEFAULT_FROM_EMAIL = "crm@example.org"
    settings.EMAIL_SENDER_DOMAINS = ["example.org", "example.net"]
    settings.EMAIL_INBOUND_DOMAIN = "reply.example.org"


@pytest.fixture
def lead(world):
    with world.scope():
        data = LeadInput(first_name="Ann", email="Ann@Example.com")
        return receive(data, actor=world.actor()).lead


def write(world, lead, body=SECRET_WORDS, *, subject="Your kitchen", role="rep", **facts):
    given = {"channel": "email", "direction": "outbound", "subject": subject, **facts}
    with world.scope():
        return messages.add(lead, actor=world.actor(role), body=body, **given)


def fresh(world, row):
    with world.scope():
        return type(row).objects.get(pk=row.pk)


class FailingBackend(EmailBackend):
    failure: Exception

    def send_messages(self, _messages):
        raise self.failure


def failing_with(settings, failure):
    FailingBackend.failure = failure
    settings.EMAIL_BACKEND = f"{__name__}.FailingBackend"


def test_an_email_is_queued_and_then_truly_sent_in_its_thread(world, lead):
    row = write(world, lead)
    assert (row.status, row.at <= row.next_attempt_at) == ("queued", True)
    assert mail.outbox == []
    assert email_delivery.send_due() == 1
    (sent,) = mail.outbox
    row = fresh(world, row)
    assert (row.status, row.attempts, row.sent_at is not None) == ("sent", 1, True)
    assert (sent.from_email, sent.to) == ("Home <crm@example.org>", ["ann@example.com"])
    assert sent.reply_to == [f"reply+{row.reply_token}@reply.example.org"]
    assert sent.extra_headers == {"Message-ID": f"<{row.pk}@reply.example.org>"}
    assert (sent.subject, sent.body) == ("Your kitchen", SECRET_WORDS)
    second = write(world, lead, "And the handles?", subject="")
    email_delivery.send_due()
    headers = mail.outbox[1].extra_headers
    assert mail.outbox[1].subject == "Re: Your kitchen"
    assert headers["In-Reply-To"] == headers["References"] == row.message_id
    assert headers["Message-ID"] == second.message_id != row.message_id
    assert email_delivery.send_due() == 0


def test_a_message_is_a_contact_and_an_answer_a_conversation(world, lead):
    write(world, lead, "x" * 400)
    now = fresh(world, lead)
    assert (now.status, now.contact_count, now.last_contact_method) == ("contacted", 1, "email")
    write(world, lead, "Yes!", channel="ig_msg", direction="inbound", subject="")
    now = fresh(world, lead)
    assert (now.status, now.contact_count, now.response_count) == ("conversing", 1, 1)
    with world.scope():
        entries = Interaction.objects.filter(type__in=["email", "ig_msg"]).order_by("id")
        shown = [(row.type, row.platform, row.direction, len(row.text)) for row in entries]
        assert shown == [("email", "email", "outbound", 161), ("ig_msg", "instagram", "inbound", 4)]
        assert entries[0].payload["message_id"] == str(Message.objects.get(channel="email").pk)
        told = OutboxEvent.objects.filter(subject_id=lead.pk).values_list("type", flat=True)
        assert {"lead.contacted", "lead.conversing"} <= set(told)
        assert not OutboxEvent.objects.filter(payload__icontains="x" * 200).exists()


def test_what_was_sent_elsewhere_is_written_down(world, lead):
    yesterday = timezone.now() - timedelta(days=1)
    for facts in ({"at": yesterday}, {"is_sent_elsewhere": True}, {"direction": "inbound"}):
        assert write(world, lead, **facts).status == "recorded"
    assert write(world, lead, channel="sms", subject="").status == "recorded"
    assert email_delivery.send_due() == 0


@pytest.mark.parametrize(
    ("facts", "field", "code"),
    [
        ({"channel": "pigeon"}, "channel", "invalid_choice"),
        ({"direction": "up"}, "direction", "invalid_choice"),
        ({"body": "  "}, "body", "required"),
        ({"body": "x" * 100_001}, "body", "max_length"),
        ({"body": "a\0b"}, "body", "invalid"),
        ({"subject": ""}, "subject", "required"),
        ({"at": timezone.now() + timedelta(days=1)}, "at", "in_future"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(world, lead, facts, field, code):
    with pytest.raises(messages.LeadError) as refusal:
        write(world, lead, **facts)
    assert (field, code) in [error[:2] for error in refusal.value.errors]
    with world.scope():
        assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("contact", "code"),
    [
        ({"email": "", "email_normalized": ""}, "no_email"),
        ({"consent": {"email": False}}, "email_refused"),
        ({"do_not_contact": {"email": True}}, "email_refused"),
    ],
)
def test_nobody_is_written_to_against_their_will(world, lead, contact, code):
    with world.scope():
        type(lead.contact).objects.filter(pk=lead.contact_id).update(**contact)
    with pytest.raises(messages.CannotSend) as refusal:
        write(world, lead)
    assert refusal.value.code == code
    # What was written elsewhere was written, whatever they wanted.
    assert write(world, lead, is_sent_elsewhere=True).status == "recorded"


def test_who_takes_back_consent_meanwhile_gets_nothing(world, lead):
    row = write(world, lead)
    with world.scope():
        type(lead.contact).objects.filter(pk=lead.contact_id).update(consent={"email": False})
    email_delivery.send_due()
    row = fresh(world, row)
    assert (row.status, row.error, mail.outbox) == (
        "failed",
        "This person does not want e-mail.",
        [],
    )
    with world.scope(), pytest.raises(messages.CannotSend):
        messages.retry(row.pk, actor=world.actor())


def test_only_who_may_work_the_lead_writes_and_sees(world, lead):
    with pytest.raises(PermissionRefused):
        write(world, lead, role="viewer")
    row = write(world, lead)
    with world.scope(), pytest.raises(LeadNotFound):
        messages.add(
            lead.pk, actor=world.stranger_actor(), channel="sms", direction="inbound", body="x"
        )
    with world.scope():
        Lead.objects.filter(pk=lead.pk).update(assigned_to=world.other_rep)
        world.home.rep_lead_access = "own"
        with pytest.raises(messages.MessageNotFound):
            messages.retry(row.pk, actor=world.actor("rep"))


@pytest.mark.parametrize(
    ("failure", "status", "words"),
    [
        (smtplib.SMTPRecipientsRefused({"ann@example.com": (550, b"no")}), "failed", "(550)"),
        (smtplib.SMTPRecipientsRefused({"ann@example.com": (450, b"busy")}), "queued", "(450)"),
        (smtplib.SMTPDataError(554, b"spam"), "failed", "(554)"),
        (smtplib.SMTPAuthenticationError(535, b"no"), "queued", "operator"),
        (ConnectionRefusedError(), "queued", "does not answer"),
        (RuntimeError("ann@example.com"), "queued", "RuntimeError"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failure_is_tried_again_or_explained(
    world, lead, settings, caplog, failure, status, words
):
    failing_with(settings, failure)
    row = write(world, lead)
    email_delivery.send_due()
    row = fresh(world, row)
    assert (row.status, row.attempts, row.lease_token) == (status, 1, None)
    assert words in row.error
    assert "ann@" not in row.error
    waits = (row.next_attempt_at - timezone.now()) if row.next_attempt_at else None
    assert waits is None if status == "failed" else waits > timedelta(seconds=20)
    assert "ann@" not in caplog.text
    assert "oak" not in caplog.text


def test_after_the_last_try_a_person_may_have_it_sent_again(world, lead, settings):
    failing_with(settings, TimeoutError())
    row = write(world, lead)
    with world.scope():
        Message.objects.update(attempts=email_delivery.MOST_ATTEMPTS - 1)
    email_delivery.send_due()
    assert fresh(world, row).status == "failed"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with world.scope():
        again = messages.retry(row.pk, actor=world.actor("rep"))
        assert (again.status, again.attempts, again.error) == ("queued", 0, "")
        assert messages.retry(row.pk, actor=world.actor("rep")).status == "queued"
    email_delivery.send_due()
    assert mail.outbox[0].extra_headers["Message-ID"] == row.message_id
    with world.scope(), pytest.raises(Conflict):
        messages.retry(row.pk, actor=world.actor("rep"))
    assert len(mail.outbox) == 1


def test_what_a_dead_worker_held_is_sent_later_and_a_late_one_changes_nothing(world, lead):
    row = write(world, lead)
    (held,) = email_delivery._claim()
    # Another worker, while the first one is at it.
    assert email_delivery.send_due() == 0
    with world.scope():
        Message.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert email_delivery.send_due() == 1
    email_delivery._record(held, None)
    now = fresh(world, row)
    assert (now.status, now.attempts) == ("sent", 2)


def test_a_portion_that_takes_too_long_is_given_back(world, lead, monkeypatch):
    row = write(world, lead)
    monkeypatch.setattr(email_delivery, "PORTION_SECONDS", -1)
    assert email_delivery.send_due() == 1
    now = fresh(world, row)
    assert (now.status, now.attempts, mail.outbox) == ("queued", 0, [])


def test_a_workspace_writes_in_its_own_name_from_an_allowed_domain(world, lead):
    with world.scope():
        names = {"sender_name": "Moss  Kitchens", "sender_address": "hello@example.net"}
        email_sender.save(actor=world.actor("manager"), changes=names)
        with pytest.raises(email_sender.InvalidSender) as refusal:
            email_sender.save(
                actor=world.actor("manager"), changes={"sender_address": "me@elsewhere.com"}
            )
        assert refusal.value.errors[0][:2] == ("sender_address", "domain_not_allowed")
        with pytest.raises(PermissionRefused):
            email_sender.save(actor=world.actor("rep"), changes={})
    write(world, lead)
    email_delivery.send_due()
    assert mail.outbox[0].from_email == "Moss Kitchens <hello@example.net>"


def test_a_deployment_without_a_domain_sends_nothing_and_says_so(world, lead, settings):
    settings.EMAIL_SENDER_DOMAINS = []
    with pytest.raises(messages.CannotSend) as refusal:
        write(world, lead)
    assert refusal.value.code == "email_off"

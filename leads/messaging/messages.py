"""The conversation of a lead: what is written to the person, and what was written elsewhere.

An e-mail to the person is stored `queued` and sent after the commit
(`leads.messaging.email_delivery`); every other message is written down. Either leaves its entry on
the timeline in the same transaction and counts as contact or reply by the timeline's rules.
"""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from integrations.nudges import nudge
from leads import lifecycle
from leads.errors import Conflict, LeadError
from leads.locking import locked
from leads.messaging.email_sender import sender_of
from leads.messaging.email_standing import UNDELIVERABLE, forgive, is_undeliverable
from leads.models import (
    LONGEST_BODY,
    LONGEST_SUBJECT,
    Channel,
    Contact,
    Direction,
    Interaction,
    Lead,
    Message,
    MessageStatus,
    Platform,
)
from leads.recording import add_interaction, moment, save_and_tell
from leads.tracking import CONTACT_TYPES

# What the timeline quotes of a message; the whole of it is in the conversation.
EXCERPT = 160
_MOST_REFERENCES = 20
_PLATFORMS = {
    Channel.SMS: Platform.SMS,
    Channel.EMAIL: Platform.EMAIL,
    Channel.FB_MSG: Platform.FACEBOOK,
    Channel.IG_MSG: Platform.INSTAGRAM,
    Channel.LINKEDIN_MSG: Platform.LINKEDIN,
}
_REPLY = re.compile(r"^\s*(re|aw|sv|antw)\s*:", re.IGNORECASE)


class InvalidMessage(LeadError):
    """The message cannot be like that; `errors` names each field."""


class MessageNotFound(LeadError):
    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__(_("There is no such message, or it is not yours to see."))


class CannotSend(LeadError):
    """Nothing may, or can, be sent to this person by e-mail; the code says why."""


def add(
    lead: Lead | UUID,
    *,
    actor: Actor,
    channel: str,
    direction: str,
    body: str,
    subject: str = "",
    meta: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    is_sent_elsewhere: bool = False,
) -> Message:
    """One more message. An outbound e-mail is sent, unless it says when, or that, it was already.

    Raises `InvalidMessage`, `CannotSend`.
    """
    sends = channel == Channel.EMAIL and direction == Direction.OUTBOUND
    sends = sends and at is None and not is_sent_elsewhere
    _check(channel, direction, subject, body)
    when = moment(at)
    with locked(lead, actor=actor) as row:
        message = Message(
            workspace_id=row.workspace_id,
            lead=row,
            contact=row.contact,
            channel=channel,
            direction=direction,
            subject=" ".join(subject.split()),
            body=body.strip(),
            meta=dict(meta or {}),
            at=when,
            author=row.contact.name[:320] if direction == Direction.INBOUND else actor.label,
            author_user=actor.user if direction == Direction.OUTBOUND else None,
            status=MessageStatus.RECORDED,
        )
        if sends:
            _queue(message, row)
        message.save(force_insert=True)
        put_on_timeline(row, message, actor=actor)
        if sends:
            wake()
        return message


def retry(message_id: UUID, *, actor: Actor) -> Message:
    """Send what failed once more, under the same Message-ID; what waits is left to wait."""
    found = Message.objects.visible_to(actor).filter(pk=message_id).first()
    if found is None:
        raise MessageNotFound
    with locked(found.lead_id, actor=actor) as row:
        message: Message = Message.objects.in_workspace(row.workspace_id).get(pk=message_id)
        if message.is_waiting:
            return message
        if not message.can_be_retried:
            raise Conflict(_("Only what was not sent can be sent again."), code="not_failed")
        # Who tries again says that the address is right, even if mail came back from it.
        forgive(row.contact)
        message.meta.pop(UNDELIVERABLE, None)
        check_may_send(row.contact)
        message.status = MessageStatus.QUEUED
        message.attempts = 0
        message.error = ""
        message.next_attempt_at = timezone.now()
        message.save()
        wake()
        return message


def why_not_email(contact: Contact, *, sender: str) -> tuple[str, str]:
    """Why nothing can be sent to this person, as code and words; two blanks when it can."""
    if not contact.email_normalized:
        return "no_email", _("No e-mail address is known. Add one to the contact first.")
    closed = contact.do_not_contact
    if contact.consent.get("email") is False or closed.get("email") or closed.get("all"):
        return "email_refused", _("This person does not want e-mail.")
    if is_undeliverable(contact):
        return "email_undeliverable", _(
            "Mail to %(address)s came back: there is no such address. Correct it, or send the"
            " message that came back once more."
        ) % {"address": contact.email}
    if not sender:
        return "email_off", _(
            "This installation sends no e-mail yet; an operator has to set it up."
        )
    return "", ""


def check_may_send(contact: Contact) -> None:
    """Raise `CannotSend` unless an e-mail may go to this person now."""
    code, words = why_not_email(contact, sender=sender_of(contact.workspace))
    if code:
        raise CannotSend(words, code=code, errors=[("channel", code, words)])


def put_on_timeline(
    lead: Lead, message: Message, *, actor: Actor, counts: bool = True
) -> Interaction:
    """The entry of a locked lead's new message; unless told otherwise a contact or a reply."""
    payload: dict[str, Any] = {"message_id": str(message.pk), "text": excerpt(message.body)}
    payload |= {"subject": message.subject} if message.subject else {}
    if isinstance(message.meta.get("successful"), bool):
        payload["successful"] = message.meta["successful"]
    entry = add_interaction(
        lead,
        actor=actor,
        type=message.channel,
        platform=_PLATFORMS[Channel(message.channel)],
        direction=message.direction,
        at=message.at,
        payload=payload,
    )
    if counts:
        method, _direction = CONTACT_TYPES[message.channel]
        lifecycle.count_contact(
            lead, actor=actor, method=method, direction=message.direction, at=message.at
        )
    else:
        change = {"type": message.channel, "at": message.at}
        save_and_tell(lead, event="lead.interaction", change=change)
    return entry


def wake() -> None:
    transaction.on_commit(partial(nudge, "leads.tasks.send_queued_messages"), robust=True)


def _check(channel: str, direction: str, subject: str, body: str) -> None:
    errors: list[tuple[str, str, str]] = []
    if channel not in Channel.values:
        message = _("Use one of: %(names)s.") % {"names": ", ".join(Channel.values)}
        errors.append(("channel", "invalid_choice", message))
    if direction not in Direction.values:
        message = _("Use one of: %(names)s.") % {"names": ", ".join(Direction.values)}
        errors.append(("direction", "invalid_choice", message))
    for name, text, longest in (
        ("subject", subject, LONGEST_SUBJECT),
        ("body", body, LONGEST_BODY),
    ):
        if len(text) > longest:
            message = _("Use at most %(count)d characters.") % {"count": longest}
            errors.append((name, "max_length", message))
        if "\0" in text:
            errors.append((name, "invalid", _("Take out the null character.")))
    if not body.strip():
        errors.append(("body", "required", _("Write something first.")))
    if errors:
        raise InvalidMessage(errors[0][2], errors=errors)


def _queue(message: Message, lead: Lead) -> None:
    """Make it ready to be sent, in the thread of what was written before."""
    check_may_send(lead.contact)
    before: Message | None = (
        Message.objects.of_lead(lead.workspace_id, lead.pk)
        .filter(channel=Channel.EMAIL)
        .exclude(message_id="")
        .order_by("-at", "-id")
        .first()
    )
    if before is not None:
        known = f"{before.references} {before.message_id}".split()
        message.in_reply_to = before.message_id
        message.references = " ".join([*known[:1], *known[1:][-_MOST_REFERENCES:]])
        if not message.subject:
            subject = before.subject
            message.subject = subject if _REPLY.match(subject) else f"Re: {subject}".strip()
    if not message.subject:
        words = _("Give the e-mail a subject.")
        raise InvalidMessage(words, errors=[("subject", "required", words)])
    message.subject = message.subject[:LONGEST_SUBJECT]
    message.status = MessageStatus.QUEUED
    message.next_attempt_at = timezone.now()
    message.reply_token = secrets.token_hex(16)
    domain = settings.EMAIL_INBOUND_DOMAIN or (settings.EMAIL_SENDER_DOMAINS or ["localhost"])[0]
    message.message_id = f"<{message.pk}@{domain}>"


def excerpt(text: str) -> str:
    """What the timeline quotes, on one line."""
    text = " ".join(text.split())
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT].rstrip()}…"

"""Sending the e-mails that wait: claim with a lease, send with no transaction open, record.

A worker that dies leaves a lease that runs out; the mail is then sent again under the same
Message-ID, by which mail systems tell that they have it. The lease names its claim, so that a
worker that comes back late changes nothing.
"""

import logging
import random
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Workspace
from accounts.tenancy import scope, system_scope
from integrations.contracts import PermanentError, ProviderError
from integrations.email_transport import OutgoingEmail, open_mailer, send
from integrations.models import InboundDelivery
from leads.messaging import email_standing
from leads.messaging.email_sender import sender_of
from leads.messaging.messages import why_not_email
from leads.models import Message, MessageStatus

logger = logging.getLogger(__name__)

AT_ONCE = 20
PORTION_SECONDS = 40.0
# Longer than a worker may take over a portion.
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=4)


def send_due() -> int:
    """Send one portion of what waits; returns how many were taken up."""
    rows = _claim()
    if not rows:
        return 0
    until = time.monotonic() + PORTION_SECONDS
    try:
        mailer = open_mailer()
    except ProviderError as error:
        # Nobody answers: that is known now for all of them.
        for row in rows:
            _record(row, error)
        return len(rows)
    with mailer:
        for row in rows:
            if time.monotonic() > until:
                _give_back(row)
            else:
                _record(row, _attempt(row, mailer))
    return len(rows)


def composed(row: Message) -> OutgoingEmail:
    """The mail as it goes out. Raises `PermanentError` when it must not by now."""
    with scope(row.workspace_id):
        sender = sender_of(row.workspace)
        code, words = why_not_email(row.contact, sender=sender)
    if code or row.contact.deleted_at or row.lead.deleted_at:
        raise PermanentError(words or _("The lead was deleted."), code=code or "deleted")
    headers = {"In-Reply-To": row.in_reply_to, "References": row.references}
    inbound = settings.EMAIL_INBOUND_DOMAIN
    return OutgoingEmail(
        reference=str(row.pk),
        message_id=row.message_id,
        sender=sender,
        recipient=row.contact.email_normalized,
        subject=row.subject,
        body=row.body,
        reply_to=f"reply+{row.reply_token}@{inbound}" if inbound else "",
        headers={name: value for name, value in headers.items() if value},
    )


def note_fate(delivery: InboundDelivery) -> bool:
    """Handler of the inbox: what a provider says of a mail or its reader; False for nobody's.

    News may come in any order: what bounced stays so.
    """
    told = delivery.payload
    own = Workspace.objects.get(pk=delivery.workspace_id)
    siblings = Workspace.objects.filter(organization_id=own.organization_id)
    with scope(*siblings.values_list("pk", flat=True)):
        row = _named(told["message"])
    if row is not None and told["status"]:
        _note_status(row, told)
    refusal = told.get("refusal", "")
    if not refusal:
        return row is not None
    with scope(own.pk):
        reader = row.contact if row else email_standing.contact_addressed(own.pk, told["recipient"])
    if reader is None:
        return False
    return email_standing.refuse(reader.workspace_id, reader, refusal=refusal)


def _note_status(row: Message, told: Mapping[str, Any]) -> None:
    bounced = told["status"] == MessageStatus.BOUNCED
    words = _("The mail came back: %(reason)s.") % {"reason": told["reason"] or _("refused")}
    before = [MessageStatus.SENDING, MessageStatus.SENT, MessageStatus.DELIVERED]
    changes: dict[str, Any] = {
        "status": told["status"],
        "error": words if bounced else "",
        "next_attempt_at": None,
        "lease_token": None,
        "updated_at": timezone.now(),
    }
    with scope(row.workspace_id):
        if told.get("is_undeliverable"):
            address = told["recipient"] or row.contact.email_normalized
            changes["meta"] = {**row.meta, email_standing.UNDELIVERABLE: address}
        mine = Message.objects.in_workspace(row.workspace_id).filter(pk=row.pk)
        mine.filter(status__in=before if bounced else before[:2]).update(**changes)


def _named(reference: str) -> Message | None:
    """The message that a mail's reference names, as far as the scope reaches."""
    try:
        rows = Message.objects.select_related("contact")
        found: Message | None = rows.filter(pk=UUID(reference)).first()
    except ValueError:
        return None
    return found


def _claim() -> list[Message]:
    now = timezone.now()
    with system_scope():
        rows = list(
            Message.objects.due(now)
            .select_related("workspace", "lead", "contact")
            .select_for_update(skip_locked=True, no_key=True, of=("self",))
            .order_by("next_attempt_at")[:AT_ONCE]
        )
        for row in rows:
            row.status = MessageStatus.SENDING
            row.attempts += 1
            row.next_attempt_at = now + LEASE
            row.lease_token = uuid4()
        Message.objects.bulk_update(rows, ["status", "attempts", "next_attempt_at", "lease_token"])
    return rows


def _attempt(row: Message, mailer: BaseEmailBackend) -> ProviderError | None:
    try:
        send(composed(row), mailer)
    except ProviderError as error:
        return error
    return None


def _record(row: Message, error: ProviderError | None) -> None:
    now = timezone.now()
    outcome: dict[str, object]
    if error is None:
        outcome = {"status": MessageStatus.SENT, "sent_at": now, "next_attempt_at": None}
    elif isinstance(error, PermanentError) or row.attempts >= MOST_ATTEMPTS:
        outcome = {"status": MessageStatus.FAILED, "next_attempt_at": None}
    else:
        outcome = {"status": MessageStatus.QUEUED, "next_attempt_at": now + _wait(row.attempts)}
    if error is not None:
        logger.warning("message %s was not sent: %s", row.pk, error.code)
    words = "" if error is None else str(error)[:500]
    _settle(row, outcome | {"error": words, "lease_token": None, "updated_at": now})


def _wait(attempts: int) -> timedelta:
    base = min(LONGEST_RETRY, FIRST_RETRY * 4 ** (attempts - 1))
    return base * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing


def _give_back(row: Message) -> None:
    """Not tried: the next portion's."""
    waiting = {"status": MessageStatus.QUEUED, "next_attempt_at": timezone.now()}
    _settle(row, waiting | {"attempts": row.attempts - 1, "lease_token": None})


def _settle(row: Message, outcome: dict[str, object]) -> None:
    with scope(row.workspace_id):
        mine = Message.objects.in_workspace(row.workspace_id)
        mine.filter(pk=row.pk, lease_token=row.lease_token).update(**outcome)

"""An e-mail that arrived: into the thread it answers, or the open lead of whoever wrote it.

The reply address tells best which thread is meant, then the message it answers, then the sender.
What belongs to nobody known stays in the inbox, unmatched.
"""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.actors import Actor, system_actor
from accounts.models import Workspace
from accounts.tenancy import scope
from integrations.models import InboundDelivery
from leads.errors import LeadNotFound
from leads.locking import locked
from leads.merges.merged import once_known
from leads.messaging.messages import put_on_timeline
from leads.models import (
    LONGEST_BODY,
    LONGEST_SUBJECT,
    Channel,
    Direction,
    Lead,
    Message,
    MessageStatus,
)

_REPLY_ADDRESS = re.compile(r"^reply\+([0-9a-f]{32})@")


def take(delivery: InboundDelivery) -> bool:
    """Handler of the inbox: False when the mail belongs to no lead that is there."""
    workspace = Workspace.objects.get(pk=delivery.workspace_id)
    mail = delivery.payload
    answered = _by_reply_address(workspace, mail) or _answered(workspace.pk, mail)
    lead_id = answered.lead_id if answered else _open_lead_of(workspace.pk, mail)
    if lead_id is None:
        return False
    if answered is not None and answered.workspace_id != workspace.pk:
        workspace = answered.workspace
    try:
        with scope(workspace.pk):
            actor = system_actor(workspace, via="webhook")
            _add(lead_id, mail, actor=actor, answers=answered)
    except LeadNotFound:
        return False
    return True


def _by_reply_address(workspace: Workspace, mail: dict[str, Any]) -> Message | None:
    """The message whose reply address was written to, in any workspace of the organization.

    The domain of these addresses is the deployment's, and a provider hands on all its mail to one
    connection. The token is a secret that only the recipient of the message was given.
    """
    tokens = [named[1] for address in mail["to"] if (named := _REPLY_ADDRESS.match(address))]
    if not tokens:
        return None
    siblings = Workspace.objects.filter(organization_id=workspace.organization_id)
    ids = list(siblings.values_list("pk", flat=True))
    with scope(*ids):
        rows = Message.objects.filter(workspace_id__in=ids, reply_token__in=tokens)
        found: Message | None = rows.select_related("workspace__organization").first()
    return found


def _answered(workspace_id: UUID, mail: dict[str, Any]) -> Message | None:
    """The message that this one says it answers."""
    rows = Message.objects.in_workspace(workspace_id)
    named = [*mail["in_reply_to"], *reversed(mail["references"])]
    known = {row.message_id: row for row in rows.filter(message_id__in=named)} if named else {}
    return next((known[name] for name in named if name in known), None)


def _open_lead_of(workspace_id: UUID, mail: dict[str, Any]) -> UUID | None:
    """The open lead of whoever wrote it; spam and automatic mail open no conversation."""
    address = _sender(mail)
    if not address or mail["is_spam"] or mail["is_automatic"]:
        return None
    mine = Lead.objects.in_workspace(workspace_id).open()
    found: UUID | None = (
        mine.filter(
            contact__workspace_id=workspace_id,
            contact__email_normalized=address,
            contact__deleted_at__isnull=True,
        )
        .values_list("pk", flat=True)
        .first()
    )
    if found is None:
        # A merge may have left the address out; whose it was is still known.
        kept = once_known(workspace_id, email=address, phone="").by_email
        found = mine.filter(contact=kept).values_list("pk", flat=True).first() if kept else None
    return found


def _add(lead_id: UUID, mail: dict[str, Any], *, actor: Actor, answers: Message | None) -> None:
    with locked(lead_id, actor=actor) as lead:
        sender = _sender(mail)
        message = Message(
            workspace_id=lead.workspace_id,
            lead=lead,
            contact=lead.contact,
            channel=Channel.EMAIL,
            direction=Direction.INBOUND,
            subject=mail["subject"][:LONGEST_SUBJECT],
            body=mail["text"][:LONGEST_BODY],
            meta=_details(mail, lead, sender),
            at=_when(mail),
            author=(mail["from_name"] or sender or lead.contact.name)[:320],
            status=MessageStatus.RECEIVED,
            message_id=mail["message_id"][:400],
            in_reply_to=answers.message_id if answers else "",
            references=" ".join(mail["references"][-20:]),
        )
        message.save(force_insert=True)
        # An out-of-office notice is no answer of a person.
        put_on_timeline(lead, message, actor=actor, counts=not mail["is_automatic"])


def _sender(mail: dict[str, Any]) -> str:
    """As contacts keep it: the provider's folder has made it lower case."""
    return str(next(iter(mail["from"]), "")).strip()


def _details(mail: dict[str, Any], lead: Lead, sender: str) -> dict[str, Any]:
    """What the thread shows beside the text."""
    is_other = sender != lead.contact.email_normalized
    return {
        **({"from": sender} if is_other else {}),
        **({"automatic": True} if mail["is_automatic"] else {}),
        **({"attachments": mail["attachments"]} if mail["attachments"] else {}),
    }


def _when(mail: dict[str, Any]) -> datetime:
    """When it says it was written, unless that lies ahead of now."""
    now = timezone.now()
    told = parse_datetime(mail["date"]) if mail["date"] else None
    if told is None or timezone.is_naive(told) or told > now or (now - told).days > 30:
        return now
    return told

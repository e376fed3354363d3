"""In whose name a workspace writes e-mail, and whether this deployment may send in that name."""

from collections.abc import Mapping
from email.utils import formataddr
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.locks import wait_for_others
from accounts.models import Workspace
from accounts.permissions import Permission
from leads.errors import LeadError
from leads.models import EmailSender

CHANGEABLE = ("sender_name", "sender_address")


class InvalidSender(LeadError):
    """Nothing can be sent in that name; `errors` names each setting."""


def current(workspace_id: UUID) -> EmailSender:
    """The workspace's row, or an unsaved one without a name of its own."""
    row: EmailSender | None = EmailSender.objects.in_workspace(workspace_id).first()
    return row or EmailSender(workspace_id=workspace_id)


def sender_of(workspace: Workspace) -> str:
    """The `From` of the workspace's e-mails; "" when this deployment sends none.

    An address whose domain is not allowed any more gives way to the deployment's.
    """
    row = current(workspace.pk)
    usable = [a for a in (row.sender_address, default_address()) if may_send_from(a)]
    name = " ".join((row.sender_name or workspace.name).split())
    return formataddr((name, usable[0])) if usable else ""


def default_address() -> str:
    return str(settings.DEFAULT_FROM_EMAIL).rpartition("<")[2].strip("<> ")


def may_send_from(address: str) -> bool:
    """Whether the domain is one that this deployment sends for."""
    return address.rpartition("@")[2].lower() in settings.EMAIL_SENDER_DOMAINS


def save(*, actor: Actor, changes: Mapping[str, Any]) -> EmailSender:
    """Set what `changes` names of `CHANGEABLE`. Raises `InvalidSender`."""
    actor.require(Permission.RULE_EDIT)
    workspace_id = actor.own_workspace.pk
    with transaction.atomic():
        wait_for_others([f"email sender:{workspace_id}"])
        row = current(workspace_id)
        for name in CHANGEABLE:
            if name in changes:
                setattr(row, name, " ".join(str(changes[name]).split()))
        if errors := _errors(row):
            raise InvalidSender(errors[0][2], errors=errors)
        row.save()
        return row


def _errors(row: EmailSender) -> list[tuple[str, str, str]]:
    try:
        row.full_clean(exclude=["workspace"], validate_unique=False, validate_constraints=False)
        if row.sender_address:
            validate_email(row.sender_address)
    except ValidationError as error:
        named = error.message_dict if hasattr(error, "error_dict") else {}
        found = named or {"sender_address": error.messages}
        return [(name, "invalid", " ".join(messages)) for name, messages in found.items()]
    if row.sender_address and not may_send_from(row.sender_address):
        allowed = ", ".join(settings.EMAIL_SENDER_DOMAINS)
        message = (
            _("Use an address of: %(domains)s.") % {"domains": allowed}
            if allowed
            else _("This installation sends no e-mail yet; an operator has to set it up.")
        )
        return [("sender_address", "domain_not_allowed", message)]
    return []

"""What outside systems say of a contact's conversion, without logging one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from conversions import rendering
from conversions.errors import NotFound
from conversions.models import Activity
from integrations import outbox
from leads import lifecycle
from leads.locking import locked
from leads.merges.merged import contact_by_ref
from leads.models import Contact, Lead
from leads.recording import moment


@dataclass(frozen=True)
class ContactConversion:
    """What an outside system says of a contact's conversion; None leaves a field alone."""

    sent_from_workspace: str | None = None
    converted_from_workspace: str | None = None
    conversion_status: str | None = None
    converted_by: str | None = None
    custom_metadata: Mapping[str, Any] | None = None


def update_contact_conversion(
    contact_ref: str, data: ContactConversion, *, actor: Actor
) -> Contact:
    """Update a contact's conversion facts; moves its one open lead where that is legal.

    Writes an `updated` activity and creates no conversion.
    """
    actor.require(Permission.CONVERSION_LOG)
    workspace = actor.own_workspace
    with transaction.atomic():
        visible = Contact.objects.visible_to(actor)
        found = contact_by_ref(visible, contact_ref, workspace_id=workspace.pk)
        if found is None:
            raise NotFound(_("There is no contact with that id here."))
        lead_id = (
            Lead.objects.visible_to(actor)
            .open()
            .filter(contact=found)
            .values_list("pk", flat=True)
            .first()
        )
        moved = _follow_status(lead_id, data.conversion_status, actor) if lead_id else ""
        contact: Contact = Contact.objects.select_for_update(no_key=True).get(pk=found.pk)
        changed = _set_conversion_facts(contact, data)
        contact.save()
        activity = Activity.objects.create(
            workspace=workspace,
            contact=contact,
            lead_id=lead_id,
            action=Activity.Action.UPDATED,
            at=moment(None),
            actor_label=actor.label,
            metadata={"fields": changed, "move": moved},
        )
        outbox.emit(
            workspace_id=workspace.pk,
            type="contact.conversion_updated",
            subject_id=contact.pk,
            payload={"version": 1, "activity": rendering.activity(activity)},
        )
        return contact


def _set_conversion_facts(contact: Contact, data: ContactConversion) -> list[str]:
    changed = []
    for name in (
        "sent_from_workspace",
        "converted_from_workspace",
        "conversion_status",
        "converted_by",
    ):
        value = getattr(data, name)
        if value is not None and value != getattr(contact, name):
            setattr(contact, name, value)
            changed.append(name)
    if data.custom_metadata is not None:
        contact.custom_metadata = {**contact.custom_metadata, **data.custom_metadata}
        changed.append("custom_metadata")
    became = Contact.ConversionStatus.CONVERTED
    if "conversion_status" in changed and contact.conversion_status == became:
        contact.converted_at = contact.converted_at or moment(None)
    return changed


def _follow_status(lead_id: UUID, status: str | None, actor: Actor) -> str:
    """The move a conversion status stands for, made where it is legal; returns its name."""
    status_of = Contact.ConversionStatus
    name = {
        status_of.QUALIFIED: "qualify",
        status_of.CONVERTED: "convert",
        status_of.LOST: "lose",
    }.get(status or "", "")  # type: ignore[call-overload]
    if not name:
        return ""
    with locked(lead_id, actor=actor, permission=Permission.CONVERSION_LOG) as lead:
        if lead.status not in lifecycle.MOVES[name].sources:
            return ""
        if name == "lose":
            lead.loss_reason = "other"
            lead.unqualified_reason = "" if lead.qualified_at else "other"
        details = {"conversion_status": status, "loss_reason": lead.loss_reason}
        lifecycle.perform(lead, name, actor=actor, at=moment(None), details=details)
    return name

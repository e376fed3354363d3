"""Logging a business result: one function for API, page, batch and whatever comes later."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import Workspace
from accounts.permissions import Permission
from accounts.problems import ProblemError
from conversions import rendering
from conversions.errors import ConversionError, NotFound
from conversions.models import Activity, Conversion
from integrations import outbox
from leads import lifecycle
from leads.locking import locked
from leads.models import Contact, InteractionType, Lead
from leads.recording import add_interaction, moment, plain, save_and_tell

TYPE_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_.-]{0,59}$")
SALE = "sale"
QUALIFIED = "qualified"
APPOINTMENT = "appointment"


@dataclass(frozen=True)
class ConversionInput:
    """A result as it was reported; `contact_ref` and `lead_ref` are a UUID or a number."""

    contact_ref: str
    type: str
    converted_by: str
    lead_ref: str = ""
    converted_at: datetime | None = None
    value: Decimal | None = None
    currency: str = ""
    external_ref: str = ""
    custom_data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Logged:
    conversion: Conversion
    created: bool


def log_conversion(data: ConversionInput, *, actor: Actor) -> Logged:
    """Log one conversion: row, contact totals, lead link and move, activity, interaction, event.

    The same `external_ref` again answers the first one. Raises `NotFound`, `ConversionError`.
    """
    actor.require(Permission.CONVERSION_LOG)
    workspace = actor.own_workspace
    if not TYPE_PATTERN.match(data.type):
        message = _(
            "Use lower-case letters, digits, dots, hyphens and underscores, such as “sale”."
        )
        raise ConversionError(message, errors=[("conversion_type", "invalid", message)])
    when = moment(data.converted_at, field="converted_at")
    with transaction.atomic():
        known = _known(workspace, data.external_ref)
        if known is not None:
            return Logged(known, created=False)
        contact = _contact(data, actor)
        lead_id = _lead_id(data, contact, actor)
        if lead_id is None:
            row = _write(data, None, contact, workspace, when, actor)
        else:
            with locked(lead_id, actor=actor, permission=Permission.CONVERSION_LOG) as lead:
                row = _write(data, lead, contact, workspace, when, actor)
                _move(lead, row, workspace, actor)
        outbox.emit(
            workspace_id=workspace.pk,
            type="conversion.logged",
            subject_id=row.pk,
            payload=plain({"version": 1, "conversion": rendering.conversion(row)}),
        )
        return Logged(row, created=True)


def log_each(
    rows: Mapping[int, ConversionInput], *, actor: Actor
) -> dict[int, Logged | ProblemError]:
    """Log many, each in a savepoint of its own: a refused one does not undo the others.

    Keys name the rows. Raises `PermissionRefused`, which is about all of them.
    """
    actor.require(Permission.CONVERSION_LOG)
    outcomes: dict[int, Logged | ProblemError] = {}
    # By contact, so that two batches over the same people take their locks in one order.
    for key in sorted(rows, key=lambda key: rows[key].contact_ref):
        try:
            outcomes[key] = log_conversion(rows[key], actor=actor)
        except ProblemError as error:
            outcomes[key] = error
    return outcomes


def _known(workspace: Workspace, external_ref: str) -> Conversion | None:
    if not external_ref:
        return None
    with connection.cursor() as cursor:
        # Two reports of one result wait for each other here, and the second finds the first.
        key = f"{workspace.pk}:conversion:{external_ref}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    rows = Conversion.objects.in_workspace(workspace.pk).select_related("workspace")
    found: Conversion | None = rows.filter(external_ref=external_ref).first()
    return found


def _contact(data: ConversionInput, actor: Actor) -> Contact:
    contact: Contact | None = Contact.objects.visible_to(actor).by_ref(data.contact_ref).first()
    if contact is None:
        message = _("There is no contact with that id here.")
        raise NotFound(message, errors=[("contact_id", "not_found", message)])
    return contact


def _lead_id(data: ConversionInput, contact: Contact, actor: Actor) -> UUID | None:
    """The lead named, else the contact's one open lead, else none."""
    leads = Lead.objects.visible_to(actor).filter(contact=contact)
    if data.lead_ref:
        named: Lead | None = leads.by_ref(data.lead_ref).first()
        if named is None:
            message = _("This contact has no lead with that id.")
            raise NotFound(message, errors=[("lead_id", "not_found", message)])
        return named.pk
    found: UUID | None = leads.open().values_list("pk", flat=True).first()
    return found


def _write(
    data: ConversionInput,
    lead: Lead | None,
    contact: Contact,
    workspace: Workspace,
    when: datetime,
    actor: Actor,
) -> Conversion:
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    row = Conversion.objects.create(
        workspace=workspace,
        contact=contact,
        lead=lead,
        type=data.type,
        value=data.value,
        currency=(data.currency or workspace.currency) if data.value is not None else "",
        converted_by=data.converted_by,
        converted_at=when,
        external_ref=data.external_ref,
        conversion_source=lead.last_contact_method if lead else "",
        custom_data=dict(data.custom_data),
    )
    _count(contact, row, workspace)
    Activity.objects.create(
        workspace=workspace,
        contact=contact,
        lead=lead,
        action=Activity.Action.CONVERTED,
        at=when,
        actor_label=actor.label,
        metadata=plain({"conversion_id": row.pk, "type": row.type, "value": row.value}),
    )
    return row


def is_final(conversion_type: str, workspace: Workspace) -> bool:
    """Whether a conversion of this type closes the deal."""
    return conversion_type == SALE or conversion_type in workspace.final_conversion_types


def _count(contact: Contact, row: Conversion, workspace: Workspace) -> None:
    status = Contact.ConversionStatus
    contact.conversion_count += 1
    if row.value is not None and row.currency == workspace.currency:
        contact.lifetime_value += row.value
    if is_final(row.type, workspace):
        contact.conversion_status = status.CONVERTED
        contact.converted_at = max(filter(None, [contact.converted_at, row.converted_at]))
        contact.converted_by = row.converted_by
        contact.converted_from_workspace = workspace.slug
    elif contact.conversion_status != status.CONVERTED and row.type in (QUALIFIED, APPOINTMENT):
        contact.conversion_status = row.type
    contact.save()


def _move(lead: Lead, row: Conversion, workspace: Workspace, actor: Actor) -> None:
    """Link the lead, and move it where this type says so and the lifecycle allows it."""
    details = rendering.conversion_summary(row)
    lead.conversion_id = row.pk
    lead.conversion_metadata = {**row.custom_data, **details}
    add_interaction(
        lead,
        actor=actor,
        type=InteractionType.SYSTEM_AUTO,
        at=row.converted_at,
        payload={"step": "conversion", **details},
    )
    if is_final(row.type, workspace):
        name = "convert"
    else:
        name = "qualify" if row.type == QUALIFIED else ""
    if name and lead.status in lifecycle.MOVES[name].sources:
        lifecycle.perform(lead, name, actor=actor, at=row.converted_at, details=details)
    else:
        save_and_tell(lead, event="lead.conversion_linked", change=details)


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
        found = Contact.objects.visible_to(actor).by_ref(contact_ref).first()
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
            payload=plain({"version": 1, "activity": rendering.activity(activity)}),
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

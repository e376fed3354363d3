"""Logging business results: one function for API, page, batch and whatever comes later.

One result is many of one: everything is looked up, locked, decided in memory and written for all
rows together, in a number of statements that does not grow with them.
"""

import re
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.among import among
from accounts.bulk import insert_rows, update_rows
from accounts.locks import wait_for_others
from accounts.models import Workspace
from accounts.permissions import Permission
from accounts.problems import ProblemError
from conversions import rendering
from conversions.errors import ConversionError, NotFound
from conversions.models import Activity, Conversion
from integrations import outbox
from integrations.models import OutboxEvent
from leads import lifecycle
from leads import rendering as lead_rendering
from leads.listing import list_rendering
from leads.locking import held
from leads.merges import merged
from leads.models import Contact, Interaction, InteractionType, Lead
from leads.models.numbers import read_ref
from leads.recording import build_event, build_interaction, moment
from leads.timers import alarm_for
from leads.transitions import MOVED_FIELDS, plan_move

TYPE_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_.-]{0,59}$")
SALE = "sale"
QUALIFIED = "qualified"
APPOINTMENT = "appointment"
# What `lifetime_value` holds.
MAX_TOTAL = Decimal("999999999999.99")

_CONTACT_TOTALS = (
    "conversion_count",
    "lifetime_value",
    "conversion_status",
    "converted_at",
    "converted_by",
    "converted_from_workspace",
)
# What is written of each lead, whatever it was before.
_LINK_FIELDS = ("conversion_id", "conversion_metadata", "auto_close_alarm_at", "updated_at")
# What deciding about a lead needs to know, and what a move needs beside it.
_KNOWN_FIELDS = (
    "workspace",
    "number",
    "contact",
    "status",
    "last_activity_at",
    "first_contacted_at",
    "last_contact_method",
)
_MOVING_FIELDS = {"created_at", *MOVED_FIELDS} - {*_LINK_FIELDS}


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


Key = TypeVar("Key", bound=Hashable)


def log_conversion(data: ConversionInput, *, actor: Actor) -> Logged:
    """Log one conversion: row, contact totals, lead link and move, activity, interaction, event.

    The same `external_ref` again answers the first one. Raises `NotFound`, `ConversionError`.
    """
    outcome = log_many({"": data}, actor=actor)[""]
    if isinstance(outcome, ProblemError):
        raise outcome
    return outcome


def log_many(
    rows: Mapping[Key, ConversionInput], *, actor: Actor
) -> dict[Key, Logged | ProblemError]:
    """Log conversions in the order given; a refused one does not undo the others.

    Keys name the rows. Raises `PermissionRefused`, which is about all of them.
    """
    actor.require(Permission.CONVERSION_LOG)
    outcomes: dict[Key, Logged | ProblemError] = {}
    with transaction.atomic():
        batch = _Batch(rows.values(), actor)
        for key, data in rows.items():
            try:
                outcomes[key] = batch.log(data)
            except ProblemError as error:
                outcomes[key] = error
        batch.write()
    return outcomes


def is_final(conversion_type: str, workspace: Workspace) -> bool:
    """Whether a conversion of this type closes the deal."""
    return conversion_type == SALE or conversion_type in workspace.final_conversion_types


class _Batch:
    """The locked contacts and leads of some results, and what is logged but not yet written."""

    def __init__(self, rows: Collection[ConversionInput], actor: Actor) -> None:
        self.actor = actor
        self.workspace = actor.own_workspace
        self.may_move = any(self._move_of(row.type) for row in rows)
        # A reference is read once; who looks for what it names asks here.
        refs = {ref for row in rows for ref in (row.contact_ref, row.lead_ref)}
        self.named = {ref: read_ref(ref) for ref in refs}
        self.known = self._find_known({row.external_ref for row in rows} - {""})
        self._find_contacts(rows)
        self._find_leads(rows)
        self._lock()
        # One moment for all that is logged together, when nobody is waited for any more; the ids
        # keep the order of the rows.
        self.now = timezone.now()
        self.forms = self._forms()
        self.conversions: list[Conversion] = []
        self.activities: list[Activity] = []
        self.entries: list[Interaction] = []
        self.events: list[OutboxEvent] = []
        self.touched_contacts: dict[UUID, Contact] = {}
        self.touched_leads: dict[UUID, Lead] = {}

    def _find_known(self, external_refs: Collection[str]) -> dict[str, Conversion]:
        if not external_refs:
            return {}
        # Two reports of one result wait for each other here, and the second finds the first.
        wait_for_others(f"{self.workspace.pk}:conversion:{ref}" for ref in external_refs)
        rows = Conversion.objects.in_workspace(self.workspace.pk).select_related("workspace")
        return {row.external_ref: row for row in rows.with_any("external_ref", external_refs)}

    def _find_contacts(self, rows: Iterable[ConversionInput]) -> None:
        wanted = {self.named[row.contact_ref] for row in rows if row.external_ref not in self.known}
        found = Contact.objects.visible_to(self.actor).by_refs(wanted)
        self.contact_ids: dict[UUID | int, UUID] = {}
        for contact_id, number in found.values_list("pk", "number"):
            self.contact_ids[contact_id] = self.contact_ids[number] = contact_id
        unknown = wanted - {None, *self.contact_ids}
        self.contact_ids |= merged.contacts_now(self.workspace.pk, unknown)

    def _find_leads(self, rows: Iterable[ConversionInput]) -> None:
        """Those named, and the open lead of each contact."""
        of_contacts = among("contact_id", {*self.contact_ids.values()})
        leads = Lead.objects.visible_to(self.actor).filter(of_contacts)
        self.open_lead_ids = dict(leads.open().values_list("contact_id", "pk"))
        self.named_lead_ids: dict[UUID | int, UUID] = {}
        refs = {self.named[row.lead_ref] for row in rows if row.lead_ref}
        if refs:
            for lead_id, number in leads.by_refs(refs).values_list("pk", "number"):
                self.named_lead_ids[lead_id] = self.named_lead_ids[number] = lead_id
            unknown = refs - {None, *self.named_lead_ids}
            self.named_lead_ids |= merged.leads_now(self.workspace.pk, unknown)

    def _lock(self) -> None:
        """Fresh, locked copies, always in one order."""
        wanted = {*self.open_lead_ids.values(), *self.named_lead_ids.values()}
        columns = {*_KNOWN_FIELDS, *(_MOVING_FIELDS if self.may_move else ())}
        of_contacts = (f"contact__{name}" for name in _CONTACT_TOTALS)
        leads = held(self.actor, only=(*columns, *of_contacts)).filter(among("pk", wanted))
        self.leads: dict[UUID, Lead] = {lead.pk: lead for lead in leads.order_by("pk")}
        self.contacts: dict[UUID, Contact] = {}
        for lead in self.leads.values():
            # Two leads of one person come with a copy of the person each.
            contact = self.contacts.setdefault(lead.contact_id, lead.contact)
            lead.remember(contact=contact, workspace=self.workspace)
        rest = set(self.contact_ids.values()) - self.contacts.keys()
        if rest:
            contacts = Contact.objects.visible_to(self.actor).filter(among("pk", rest))
            alone = contacts.only(*_CONTACT_TOTALS).order_by("pk")
            locked = alone.select_for_update(no_key=True, of=("self",))
            self.contacts |= {contact.pk: contact for contact in locked}

    def _forms(self) -> dict[UUID, dict[str, Any]]:
        """The public forms of the leads, where any may be moved: the news of a move shows them."""
        if not self.may_move:
            return {}
        forms = list_rendering.leads([*self.leads], workspace_id=self.workspace.pk)
        return {form["id"]: form for form in forms}

    def _move_of(self, conversion_type: str) -> str:
        """The move that a conversion of this type asks for."""
        if is_final(conversion_type, self.workspace):
            return "convert"
        return "qualify" if conversion_type == QUALIFIED else ""

    def log(self, data: ConversionInput) -> Logged:
        """Take one result in; raises `ProblemError` and then leaves everything as it was."""
        if not TYPE_PATTERN.match(data.type):
            message = _(
                "Use lower-case letters, digits, dots, hyphens and underscores, such as “sale”."
            )
            raise ConversionError(message, errors=[("conversion_type", "invalid", message)])
        when = moment(data.converted_at, field="converted_at", now=self.now)
        if data.external_ref in self.known:
            return Logged(self.known[data.external_ref], created=False)
        contact = self._contact(data)
        lead = self._lead(data, contact)
        row = self._conversion(data, contact, lead, when)
        self._count(contact, row)
        self.conversions.append(row)
        self.activities.append(
            Activity.unsaved(
                workspace_id=self.workspace.pk,
                created_at=self.now,
                contact_id=contact.pk,
                lead_id=row.lead_id,
                action=Activity.Action.CONVERTED,
                at=when,
                actor_label=self.actor.label,
                metadata=rendering.activity_metadata(row),
            )
        )
        if lead is not None:
            self._move(lead, row)
        self.events.append(
            OutboxEvent.unsaved(
                workspace_id=self.workspace.pk,
                created_at=self.now,
                type="conversion.logged",
                subject_id=row.pk,
                payload={"version": 1, "conversion": rendering.conversion(row)},
            )
        )
        if data.external_ref:
            self.known[data.external_ref] = row
        return Logged(row, created=True)

    def _contact(self, data: ConversionInput) -> Contact:
        named = self.named[data.contact_ref]
        contact_id = self.contact_ids.get(named) if named is not None else None
        contact = self.contacts.get(contact_id) if contact_id is not None else None
        if contact is None:
            message = _("There is no contact with that id here.")
            raise NotFound(message, errors=[("contact_id", "not_found", message)])
        return contact

    def _lead(self, data: ConversionInput, contact: Contact) -> Lead | None:
        """The lead named, else the contact's one open lead, else none."""
        if not data.lead_ref:
            open_id = self.open_lead_ids.get(contact.pk)
            return self.leads.get(open_id) if open_id is not None else None
        named = self.named[data.lead_ref]
        lead_id = self.named_lead_ids.get(named) if named is not None else None
        lead = self.leads.get(lead_id) if lead_id is not None else None
        if lead is None or lead.contact_id != contact.pk:
            message = _("This contact has no lead with that id.")
            raise NotFound(message, errors=[("lead_id", "not_found", message)])
        return lead

    def _conversion(
        self, data: ConversionInput, contact: Contact, lead: Lead | None, when: datetime
    ) -> Conversion:
        currency = data.currency or self.workspace.currency
        row = Conversion.unsaved(
            workspace_id=self.workspace.pk,
            created_at=self.now,
            contact_id=contact.pk,
            lead_id=lead.pk if lead else None,
            type=data.type,
            value=data.value,
            currency=currency if data.value is not None else "",
            converted_by=data.converted_by,
            converted_at=when,
            external_ref=data.external_ref,
            conversion_source=lead.last_contact_method if lead else "",
            custom_data=dict(data.custom_data),
        )
        row.remember(workspace=self.workspace)
        return row

    def _count(self, contact: Contact, row: Conversion) -> None:
        status = Contact.ConversionStatus
        if row.value is not None and row.currency == self.workspace.currency:
            if contact.lifetime_value + row.value > MAX_TOTAL:
                message = _("With this the contact's total would be too large to keep.")
                raise ConversionError(message, errors=[("conversion_value", "too_large", message)])
            contact.lifetime_value += row.value
        contact.conversion_count += 1
        if is_final(row.type, self.workspace):
            contact.conversion_status = status.CONVERTED
            contact.converted_at = max(filter(None, [contact.converted_at, row.converted_at]))
            contact.converted_by = row.converted_by
            contact.converted_from_workspace = self.workspace.slug
        elif contact.conversion_status != status.CONVERTED and row.type in (QUALIFIED, APPOINTMENT):
            contact.conversion_status = row.type
        contact.updated_at = self.now
        self.touched_contacts[contact.pk] = contact

    def _move(self, lead: Lead, row: Conversion) -> None:
        """Link the lead, and move it where this type says so and the lifecycle allows it."""
        details = rendering.conversion_summary(row)
        lead.conversion_id = row.pk
        lead.conversion_metadata = {**row.custom_data, **details}
        self.touched_leads[lead.pk] = lead
        self.entries.append(
            build_interaction(
                lead,
                actor=self.actor,
                type=InteractionType.SYSTEM_AUTO,
                at=row.converted_at,
                payload={"step": "conversion", **details},
            )
        )
        name = self._move_of(row.type)
        if name and lead.status in lifecycle.MOVES[name].sources:
            entry, event = plan_move(
                lead,
                name,
                actor=self.actor,
                at=row.converted_at,
                details=details,
                form=self.forms[lead.pk],
            )
            self.entries.append(entry)
        else:
            lead.auto_close_alarm_at = alarm_for(lead)
            lead.updated_at = self.now
            event = build_event(
                lead,
                event="lead.conversion_linked",
                change=details,
                form=lead_rendering.lead_in_brief(lead),
            )
        self.events.append(event)

    def write(self) -> None:
        """Everything that was taken in, one statement a table."""
        if not self.conversions:
            return
        insert_rows(self.conversions)
        insert_rows(self.activities)
        insert_rows(self.entries)
        contacts, leads = [*self.touched_contacts.values()], [*self.touched_leads.values()]
        of_contacts = (*_CONTACT_TOTALS, "updated_at")
        of_leads = {"last_activity_at", *_LINK_FIELDS, *(MOVED_FIELDS if self.may_move else ())}
        update_rows(contacts, of_contacts, workspace_id=self.workspace.pk)
        update_rows(leads, sorted(of_leads), workspace_id=self.workspace.pk)
        outbox.emit_many(self.events)

"""What many arrivals make and change, gathered in memory and written at the end, table by table."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from accounts.bulk import insert_rows, update_rows
from integrations import outbox
from leads.fields import custom_values
from leads.fields.custom_values import Values
from leads.intake import LEAD_TEXTS, LeadInput, arrival, arrival_type, source_of, touch_of
from leads.merges import duplicates
from leads.models import (
    ATTRIBUTION_FIELDS,
    Company,
    Contact,
    ContactTag,
    Interaction,
    Lead,
    Touch,
)
from leads.people.contacts import CONTACT_TEXT_FIELDS, company_key
from leads.recording import build_event, build_interaction
from leads.timers import alarm_for

# What an arrival may change of somebody who was there before.
CONTACT_COLUMNS = (
    *CONTACT_TEXT_FIELDS,
    "email_normalized",
    "phone_e164",
    "address",
    "social_profiles",
    "consent",
    "company_id",
    "custom_fields",
)
LEAD_COLUMNS = (*LEAD_TEXTS, *ATTRIBUTION_FIELDS, "attributes", "platform_ref", "custom_fields")


class Arrivals:
    """Rows to be inserted and updated, with the entries and the news of each."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self.actor = actor
        self.now = now
        self.workspace_id = actor.own_workspace.pk
        self._companies: dict[str, Company] = {}
        self._new_companies: dict[str, Company] = {}
        self.pairs: list[tuple[UUID, UUID]] = []
        self._contacts: dict[UUID, Contact] = {}
        self._leads: dict[UUID, Lead] = {}
        self._changed_contacts: dict[UUID, Contact] = {}
        self._changed_leads: dict[UUID, Lead] = {}
        self._fields: dict[UUID, tuple[Contact | Lead, Values]] = {}
        self._tags: list[ContactTag] = []
        self._tags_of: dict[UUID, list[ContactTag]] = {}
        self._touches: list[Touch] = []
        self._entries: list[Interaction] = []
        self._news: list[tuple[Lead, str, dict[str, Any]]] = []

    def look_up_companies(self, names: Iterable[str]) -> None:
        """Those of these names that are there."""
        keys = {company_key(name) for name in names} - {""}
        if keys:
            rows = Company.objects.in_workspace(self.workspace_id)
            known = rows.filter(name_normalized__in=keys)
            self._companies = {row.name_normalized: row for row in known}

    def company(self, name: str) -> Company:
        """`contacts.company_named`: a new one is written with the others."""
        key = company_key(name)
        if key not in self._companies:
            made = Company(
                workspace_id=self.workspace_id, name=" ".join(name.split()), name_normalized=key
            )
            self._companies[key] = self._new_companies[key] = made
        return self._companies[key]

    def _write_companies(self) -> None:
        """Somebody else may have made one meanwhile: theirs is the one."""
        if not self._new_companies:
            return
        made = [self._new_companies[key] for key in sorted(self._new_companies)]
        Company.objects.bulk_create(made, ignore_conflicts=True)
        rows = Company.objects.in_workspace(self.workspace_id)
        stored = {
            row.name_normalized: row for row in rows.filter(name_normalized__in=self._new_companies)
        }
        theirs = {
            row.pk: stored[key]
            for key, row in self._new_companies.items()
            if stored[key].pk != row.pk
        }
        for contact in (*self._contacts.values(), *self._changed_contacts.values()):
            if contact.company_id in theirs:
                contact.company = theirs[contact.company_id]

    def open_contact(self, contact: Contact) -> None:
        """A new one, which has no tags yet."""
        self._tags_of[contact.pk] = []
        _show_tags(contact, [])
        self._contacts[contact.pk] = contact

    def noted(self, row: Contact | Lead) -> dict[str, Any] | None:
        """What a stored row holds now; None of a new one."""
        if row.pk in self._contacts or row.pk in self._leads:
            return None
        columns = LEAD_COLUMNS if isinstance(row, Lead) else CONTACT_COLUMNS
        return {name: getattr(row, name) for name in columns}

    def note(
        self,
        row: Contact | Lead,
        was: dict[str, Any],
        before: dict[str, dict[str, list[Any]]],
        name: str,
    ) -> None:
        """Have a stored row written, if it differs; `before` gets what it held and holds."""
        different = {
            column: [_plain(value), _plain(getattr(row, column))]
            for column, value in was.items()
            if getattr(row, column) != value
        }
        if isinstance(row, Lead):
            self._changed_leads[row.pk] = row
        elif different:
            self._changed_contacts[row.pk] = row
        if different:
            before.setdefault(name, {}).update(different)

    def give_fields(self, row: Contact | Lead, values: Values, *, only_blanks: bool) -> None:
        """The custom fields' values that it does not have."""
        changed = custom_values.differing(row, values, only_blanks=only_blanks)
        if not changed:
            return
        custom_values.rows_of(row, changed)
        _row, known = self._fields.setdefault(row.pk, (row, {}))
        known.update(changed)

    def tag(self, contact: Contact, names: Iterable[str]) -> list[str]:
        """Tags are only added; returns which were."""
        if not names:
            return []
        before = len(self._tags)
        tags = self._tags_of.get(contact.pk)
        if tags is None:
            tags = self._tags_of[contact.pk] = list(contact.tags.all())
        there = {tag.name for tag in tags}
        for name in dict.fromkeys(" ".join(one.split()) for one in names):
            if name and name not in there:
                row = ContactTag.unsaved(
                    workspace_id=self.workspace_id, contact_id=contact.pk, name=name
                )
                tags.append(row)
                self._tags.append(row)
        tags.sort(key=lambda one: one.name)
        _show_tags(contact, tags)
        return [row.name for row in self._tags[before:]]

    def open_lead(
        self, lead: Lead, data: LeadInput, values: Values, notices: Sequence[str]
    ) -> None:
        """A new one, with its entry and its news."""
        self._leads[lead.pk] = lead
        self.give_fields(lead, values, only_blanks=False)
        self._arrived(lead, data, notices, step="created")
        self._news.append((lead, "lead.created", {"status": lead.status}))

    def arrive_again(self, lead: Lead, data: LeadInput, notices: Sequence[str]) -> None:
        """An open one that took an arrival."""
        self._arrived(lead, data, notices, step="arrived_again")
        self._news.append((lead, "lead.arrived_again", {"source": source_of(data)}))

    def _arrived(self, lead: Lead, data: LeadInput, notices: Sequence[str], *, step: str) -> None:
        touch = touch_of(lead, data)
        if touch is not None:
            self._touches.append(touch)
        self._entries.append(
            build_interaction(
                lead,
                actor=self.actor,
                type=arrival_type(self.actor),
                at=self.now,
                payload=arrival(data, list(notices)) | {"step": step},
            )
        )
        lead.auto_close_alarm_at = alarm_for(lead)
        lead.updated_at = self.now

    def write(self) -> None:
        """All of it, in the order in which the rows refer to each other."""
        self._write_companies()
        insert_rows(list(self._contacts.values()))
        insert_rows(list(self._leads.values()))
        for row in self._changed_contacts.values():
            row.updated_at = self.now
        update_rows(
            list(self._changed_contacts.values()),
            [name.removesuffix("_id") for name in CONTACT_COLUMNS] + ["updated_at"],
            workspace_id=self.workspace_id,
        )
        update_rows(
            list(self._changed_leads.values()),
            [*LEAD_COLUMNS, "last_activity_at", "auto_close_alarm_at", "updated_at"],
            workspace_id=self.workspace_id,
        )
        self._write_fields()
        insert_rows(self._tags)
        insert_rows(self._touches)
        insert_rows(self._entries)
        for one, other in dict.fromkeys(self.pairs):
            duplicates.raise_pair(self.workspace_id, one, other, [duplicates.Reason.ARRIVAL])
        outbox.emit_many(
            [build_event(lead, event=event, change=change) for lead, event, change in self._news]
        )

    def _write_fields(self) -> None:
        new = {**self._contacts, **self._leads}
        stored: list[tuple[Contact | Lead, Values]] = []
        made: list[tuple[Contact | Lead, Values]] = []
        for pk, (row, values) in self._fields.items():
            (made if pk in new else stored).append((row, values))
        for kind in (Contact, Lead):
            insert_rows(
                [
                    value
                    for row, values in made
                    if isinstance(row, kind)
                    for value in custom_values.rows_of(row, values)
                ]
            )
            custom_values.store_many([one for one in stored if isinstance(one[0], kind)])


def _show_tags(contact: Contact, tags: list[ContactTag]) -> None:
    """As if they had been prefetched: nobody asks for what is known."""
    vars(contact)["_prefetched_objects_cache"] = {"tags": tags}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value

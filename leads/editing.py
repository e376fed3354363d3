"""Changing, deleting and restoring a lead's own facts (never its status)."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from leads.bulk.many import Done, note_many, take_hold
from leads.errors import Conflict, InvalidLead, LeadNotFound
from leads.fields import custom_values
from leads.intake import SOURCE_ALIASES
from leads.locking import locked
from leads.merges import merged
from leads.models import ATTRIBUTION_FIELDS, Contact, InteractionType, Lead
from leads.people.contact_state import refuse_stale
from leads.people.contacts import CONTACT_TEXT_FIELDS, company_named, set_tags
from leads.people.identity import is_web_address, normalize_email, phone_e164
from leads.recording import add_interaction, save_and_tell

LEAD_FIELDS = (
    "source",
    "source_workflow",
    "notes",
    "attributes",
    "platform_ref",
    "external_id",
    "quality_rating",
)
CONTACT_JSON_FIELDS = (
    "social_profiles",
    "address",
    "consent",
    "do_not_contact",
)
# One of these must be left, or nobody finds the person again.
_IDENTIFYING = ("email", "phone", "first_name", "last_name", "display_name")
CONTACT_FIELDS = (
    *CONTACT_TEXT_FIELDS,
    *CONTACT_JSON_FIELDS,
    "custom_fields",
    "company",
    "tags",
    "time_zone",
)


def update(lead: Lead | UUID, *, actor: Actor, changes: Mapping[str, Any]) -> Lead:
    """Set the lead's and its contact's fields named in `changes` (flat, as the API shows them).

    Raises `InvalidLead` for a bad e-mail and `Conflict` (``contact_exists``) for another contact's.
    """
    with locked(lead, actor=actor) as row:
        own_fields = custom_values.understand(
            changes.get("custom_fields", {}), workspace_id=row.workspace_id
        )
        changed = apply_to_contact(
            row.contact, changes, own_fields.contact, country=row.workspace.country, actor=actor
        )
        if custom_values.store(row, own_fields.lead):
            changed.add("custom_fields")
        for name in LEAD_FIELDS:
            if name in changes:
                value = changes[name]
                value = SOURCE_ALIASES.get(value, value) if name == "source" else value
                changed |= _set(row, name, value)
        for name, value in changes.get("attribution", {}).items():
            if name in ATTRIBUTION_FIELDS:
                changed |= _set(row, name, value)
        if changed:
            _note(row, actor=actor, step="updated", fields=sorted(changed))
        return row


def update_contact(
    contact: Contact,
    *,
    actor: Actor,
    changes: Mapping[str, Any],
    seen: Mapping[str, Any] | None = None,
    because: str = "",
) -> Contact:
    """Set a contact's fields, with an entry on each of its leads that says `because` of what.

    With what the editor had `seen` of them (see `contact_state`), `StaleContact` where somebody
    else has changed one of the same fields since.
    """
    actor.require(Permission.LEAD_EDIT)
    with ExitStack() as held:
        held.enter_context(transaction.atomic())
        # Always all the leads before their contact, so that no two writers wait for each other.
        rows = Lead.objects.visible_to(actor).filter(contact=contact).order_by("id")
        held_first = list(rows.select_for_update(no_key=True, of=("self",)))
        leads = [held.enter_context(locked(lead, actor=actor)) for lead in held_first]
        people = Contact.objects.visible_to(actor).filter(pk=contact.pk)
        row: Contact | None = people.select_for_update(no_key=True).first()
        if row is None:
            # Merged, or given to somebody else, a moment ago.
            raise LeadNotFound
        if seen is not None:
            refuse_stale(row, changes, seen)
        own_fields = custom_values.understand(
            changes.get("custom_fields", {}), workspace_id=row.workspace_id, for_lead=False
        )
        changed = apply_to_contact(
            row, changes, own_fields.contact, country=actor.own_workspace.country, actor=actor
        )
        if changed:
            for lead in leads:
                lead.contact = row
                why = {"because": because} if because else {}
                _note(lead, actor=actor, step="updated", fields=sorted(changed), **why)
        return row


def apply_to_contact(
    contact: Contact,
    changes: Mapping[str, Any],
    own_fields: custom_values.Values,
    *,
    country: str,
    actor: Actor,
) -> set[str]:
    """Write the contact's part of `changes`; returns the names of what is different now."""
    changed: set[str] = set()
    for name in (*CONTACT_TEXT_FIELDS, "time_zone", *CONTACT_JSON_FIELDS):
        if name in changes:
            changed |= _set(contact, name, changes[name])
    if custom_values.store(contact, own_fields):
        changed.add("custom_fields")
    if "email" in changed:
        try:
            contact.email_normalized = normalize_email(contact.email)
        except ValidationError as error:
            message = _("Enter an e-mail address such as ann@example.com.")
            raise InvalidLead(message, errors=[("email", "invalid", message)]) from error
    if "linkedin_url" in changed and not is_web_address(contact.linkedin_url):
        message = _("Enter a web address (https://…).")
        raise InvalidLead(message, errors=[("linkedin_url", "invalid", message)])
    if "social_profiles" in changed and not all(
        is_web_address(str(profile.get("url") or "")) for profile in contact.social_profiles
    ):
        message = _("Enter a web address (https://…).")
        raise InvalidLead(message, errors=[("social_profiles", "invalid", message)])
    if "phone" in changed:
        contact.phone_e164 = phone_e164(contact.phone, country)
    if "company" in changes and changes["company"] != (
        contact.company.name if contact.company else ""
    ):
        contact.company = company_named(contact.workspace_id, changes["company"])
        changed.add("company")
    if changed and not any(getattr(contact, name).strip() for name in _IDENTIFYING):
        message = _("Keep at least an e-mail address, a phone number or a name.")
        raise InvalidLead(message, errors=[("email", "required", message)])
    if changed:
        _save(contact, actor)
    if "tags" in changes and set(changes["tags"]) != {tag.name for tag in contact.tags.all()}:
        set_tags(contact, changes["tags"])
        changed.add("tags")
    return changed


def _save(contact: Contact, actor: Actor) -> None:
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError as error:
        if "contact_email_once_per_workspace" not in str(error):
            raise
        raise _taken(contact, actor) from error


def _taken(contact: Contact, actor: Actor) -> Conflict:
    """The e-mail is somebody else's: who that is, if the actor may see them."""
    same = Contact.objects.visible_to(actor).filter(email_normalized=contact.email_normalized)
    other = same.exclude(pk=contact.pk).first()
    message = _("Another contact has this e-mail address. Merge the two, or use another one.")
    known = {}
    if other is not None:
        message = _(
            "%(name)s, contact #%(number)d, has this e-mail address. Merge the two, or use another"
            " one."
        ) % {"name": other.name, "number": other.number}
        known = {"contact_id": str(other.pk), "contact_number": other.number}
    errors = [("email", "contact_exists", message)]
    return Conflict(message, code="contact_exists", errors=errors, **known)


def _set(row: Lead | Contact, name: str, value: Any) -> set[str]:
    if getattr(row, name) == value:
        return set()
    setattr(row, name, value)
    return {name}


def _note(lead: Lead, *, actor: Actor, step: str, **details: Any) -> None:
    change = {"step": step, **details}
    add_interaction(
        lead,
        actor=actor,
        type=InteractionType.SYSTEM_AUTO,
        at=timezone.now(),
        payload=change,
    )
    save_and_tell(lead, event=f"lead.{step}", change=change)


def delete(lead: Lead | UUID, *, actor: Actor) -> None:
    """Take the lead out of every list; it can be restored."""
    with locked(lead, actor=actor, permission=Permission.LEAD_DELETE) as row:
        row.deleted_at = timezone.now()
        _note(row, actor=actor, step="deleted")


def delete_many(lead_ids: Sequence[UUID], *, actor: Actor, at: datetime | None = None) -> Done:
    """`delete` for many leads; a test holds it equal, lead by lead.

    Those that share an `at` are told apart by it from what others delete.
    """
    actor.require(Permission.LEAD_DELETE)
    with transaction.atomic():
        rows, done = take_hold(lead_ids, actor=actor)
        for row in rows:
            row.deleted_at = at or timezone.now()
        note_many(rows, actor=actor, step="deleted", writes=["deleted_at"])
        done.changed = [row.pk for row in rows]
    return done


def restore(lead_ref: str, *, actor: Actor) -> Lead:
    """Bring a deleted lead back; the same again changes nothing."""
    actor.require(Permission.LEAD_DELETE)
    with transaction.atomic():
        found = (
            Lead.objects.in_workspace(actor.own_workspace.pk)
            .by_ref(lead_ref)
            .for_list()
            .select_for_update(no_key=True, of=("self",))
            .first()
        )
        if found is None:
            raise LeadNotFound
        if found.deleted_at is None:
            return found
        if merged.leads_now(found.workspace_id, [found.pk]):
            raise _was_merged()
        found.deleted_at = None
        try:
            with transaction.atomic():
                _note(found, actor=actor, step="restored")
        except IntegrityError as error:
            raise _has_another_open() from error
        return found


def restore_many(lead_ids: Sequence[UUID], *, actor: Actor) -> Done:
    """`restore` for many leads; a test holds it equal, lead by lead."""
    actor.require(Permission.LEAD_DELETE)
    done = Done()
    with transaction.atomic():
        leads = Lead.objects.in_workspace(actor.own_workspace.pk)
        named = leads.filter(pk__in=lead_ids).for_list().order_by("id")
        rows = list(named.select_for_update(no_key=True, of=("self", "contact")))
        done.refuse_missing(lead_ids, rows)
        gone = [row for row in rows if row.deleted_at is not None]
        done.unchanged = [row.pk for row in rows if row.deleted_at is None]
        others = leads.open().filter(contact__in=[row.contact_id for row in gone])
        has_open = set(others.values_list("contact_id", flat=True))
        went_into_others = merged.leads_now(actor.own_workspace.pk, [row.pk for row in gone])
        back = []
        for row in gone:
            if row.pk in went_into_others:
                done.refused[row.pk] = _was_merged()
                continue
            if row.is_open and row.contact_id in has_open:
                done.refused[row.pk] = _has_another_open()
                continue
            if row.is_open:
                has_open.add(row.contact_id)
            row.deleted_at = None
            back.append(row)
        note_many(back, actor=actor, step="restored", writes=["deleted_at"])
        done.changed = [row.pk for row in back]
    return done


def _was_merged() -> Conflict:
    return Conflict(
        _("This lead went into another one when two contacts were merged. Undo the merge instead."),
        code="merged",
    )


def _has_another_open() -> Conflict:
    return Conflict(
        _("This contact has another open lead by now; close that one first."),
        code="open_lead_exists",
    )

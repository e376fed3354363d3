"""Writing a contact's own fields, for intake and for editing alike."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from leads.models import Company, Contact, ContactTag, Lead
from leads.people.identity import normalize_name

if TYPE_CHECKING:
    from leads.intake import LeadInput

CONTACT_TEXT_FIELDS = (
    "first_name",
    "last_name",
    "display_name",
    "email",
    "phone",
    "job_title",
    "linkedin_url",
)


def fill_blanks(
    contact: Contact, data: "LeadInput", *, email_normalized: str, phone_e164: str
) -> None:
    """Take over what the contact lacks; consent alone is overwritten, by the newest word."""
    for name in CONTACT_TEXT_FIELDS:
        if not getattr(contact, name):
            setattr(contact, name, getattr(data, name).strip())
    # The normalised forms follow what was typed, never the form of something that was not kept.
    if contact.email == data.email.strip():
        contact.email_normalized = email_normalized
    if contact.phone == data.phone.strip():
        contact.phone_e164 = phone_e164
    contact.address = {**data.address, **contact.address}
    contact.social_profiles = contact.social_profiles or [dict(p) for p in data.social_profiles]
    contact.consent = {**contact.consent, **data.consent}


def company_named(workspace_id: UUID, name: str) -> Company | None:
    """The workspace's company of that name, made when it is new; None for a blank name."""
    name = " ".join(name.split())
    if not name:
        return None
    # Folding the case can lengthen a text ("ß" becomes "ss") beyond what the column takes.
    longest = Company._meta.get_field("name_normalized").max_length
    company, _created = Company.objects.get_or_create(
        workspace_id=workspace_id,
        name_normalized=normalize_name(name)[:longest],
        defaults={"name": name},
    )
    return company


def company_key(name: str) -> str:
    """What a company is known by; empty for a blank name."""
    longest = Company._meta.get_field("name_normalized").max_length
    return normalize_name(name)[:longest]


def set_tags(contact: Contact, names: Iterable[str]) -> None:
    """Make these, trimmed and once each, the contact's tags."""
    wanted = dict.fromkeys(" ".join(name.split()) for name in names)
    wanted.pop("", None)
    ContactTag.objects.filter(contact=contact).exclude(name__in=wanted).delete()
    ContactTag.objects.bulk_create(
        [ContactTag(workspace_id=contact.workspace_id, contact=contact, name=n) for n in wanted],
        ignore_conflicts=True,
    )
    # What was prefetched before is not true any more.
    getattr(contact, "_prefetched_objects_cache", {}).pop("tags", None)


def delete_without_leads(workspace_id: UUID, contact_ids: Iterable[UUID | str]) -> int:
    """Take away those of these people who have no lead any more; returns how many."""
    alive = Lead.objects.in_workspace(workspace_id).alive().filter(contact=OuterRef("pk"))
    people = Contact.objects.in_workspace(workspace_id).alive().filter(pk__in=list(contact_ids))
    return people.filter(~Exists(alive)).update(deleted_at=timezone.now())

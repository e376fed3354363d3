"""Taking in what an enrichment service found out about a person."""

from collections.abc import Mapping
from typing import Any

from leads.models import Contact, Lead
from leads.people.identity import is_email, normalize_email, phone_e164

_FILLED = ("first_name", "last_name", "job_title", "linkedin_url")


def store_enrichment(lead: Lead, data: Mapping[str, Any]) -> None:
    """Merge `data` into the lead (saved by the caller) and fill the contact's blanks.

    Nothing is overwritten. An e-mail that is another contact's stays in the data only: two contacts
    are merged by a person, never by themselves.
    """
    lead.enrichment_data = {**lead.enrichment_data, **data}
    contact = lead.contact
    found = {
        name: text
        for name in (*_FILLED, "email", "phone")
        if (text := str(data.get(name) or "").strip()) and not getattr(contact, name)
    }
    email = found.pop("email", "")
    if is_email(email) and not _is_taken(contact, normalize_email(email)):
        contact.email, contact.email_normalized = email, normalize_email(email)
    for name, text in found.items():
        setattr(contact, name, text[: getattr(Contact._meta.get_field(name), "max_length", None)])
    if contact.phone and not contact.phone_e164:
        contact.phone_e164 = phone_e164(contact.phone, lead.workspace.country)
    contact.save()


def _is_taken(contact: Contact, email_normalized: str) -> bool:
    same = Contact.objects.alive().in_workspace(contact.workspace_id)
    return same.filter(email_normalized=email_normalized).exclude(pk=contact.pk).exists()

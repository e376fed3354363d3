"""Who may not be called, and why, as the queue finds a lead at the moment it is handed out."""

from django.utils.translation import gettext_lazy as _

from leads.models import Contact, Lead, Status

# Outcomes of leads that nobody called.
REASONS = {
    "lead_deleted": _("Lead deleted"),
    "lead_lost": _("Lead lost"),
    "list_removed": _("List taken away"),
    "do_not_contact": _("Not to be contacted"),
    "no_consent": _("No consent to calls"),
}


def why_not(lead: Lead) -> str:
    """The reason why this lead is called no more, one of `REASONS`; empty when it may be."""
    if lead.deleted_at is not None:
        return "lead_deleted"
    if lead.status == Status.LOST:
        return "lead_lost"
    return why_not_person(lead.contact)


def why_not_person(contact: Contact) -> str:
    """What the person themself has said."""
    closed = contact.do_not_contact
    if closed.get("call") or closed.get("phone") or closed.get("all"):
        return "do_not_contact"
    if contact.consent.get("call") is False:
        return "no_consent"
    return ""

"""Whether somebody can be reached by e-mail, as far as their mails have shown.

An address that no longer exists is remembered with the message that came back from it, so another
address, or trying that message again, is free of it. Who complained about a mail, or unsubscribed,
wants none: their consent says so from then on.
"""

from typing import Any
from uuid import UUID

from accounts.actors import Actor, system_actor
from accounts.models import Workspace
from accounts.tenancy import scope
from leads import editing
from leads.errors import LeadNotFound
from leads.models import Contact, Message

UNDELIVERABLE = "undeliverable_address"


def is_undeliverable(contact: Contact) -> bool:
    """Whether the contact's present address is one that mail came back from for good."""
    address = contact.email_normalized
    return bool(address) and _marks(contact.workspace_id, contact.pk, address).exists()


def forgive(contact: Contact) -> None:
    """Take the mark off the contact's address: somebody wants to try it once more."""
    marked = _marks(contact.workspace_id, contact.pk, contact.email_normalized)
    for row in marked.select_for_update(no_key=True).order_by("id"):
        del row.meta[UNDELIVERABLE]
        row.save(update_fields=["meta"])


def refuse(workspace_id: UUID, contact: Contact, *, refusal: str) -> bool:
    """Set that the person wants no e-mail, `refusal` being what they did; False when they are gone.

    Raises `StaleContact` when somebody changed their consent at the same moment.
    """
    workspace = Workspace.objects.select_related("organization").get(pk=workspace_id)
    with scope(workspace_id):
        actor: Actor = system_actor(workspace, via="webhook")
        try:
            editing.update_contact(
                contact,
                actor=actor,
                changes={"consent": {**contact.consent, "email": False}},
                seen={"consent": contact.consent},
                because=refusal,
            )
        except LeadNotFound:
            return False
    return True


def contact_addressed(workspace_id: UUID, address: str) -> Contact | None:
    """The workspace's contact with an address."""
    people = Contact.objects.alive().in_workspace(workspace_id)
    found: Contact | None = people.filter(email_normalized=address).first() if address else None
    return found


def _marks(workspace_id: UUID, contact_id: UUID, address: str) -> Any:
    rows = Message.objects.in_workspace(workspace_id).filter(contact_id=contact_id)
    return rows.filter(**{f"meta__{UNDELIVERABLE}": address})

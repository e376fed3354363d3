"""Tagging the people of many leads at once: `editing.update` of their tags, set-based."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import prefetch_related_objects

from accounts.actors import Actor
from accounts.bulk import insert_rows
from accounts.permissions import Permission
from leads.bulk.many import Done, note_many, take_hold
from leads.models import ContactTag, Lead


def tag_many(
    lead_ids: Sequence[UUID],
    *,
    actor: Actor,
    add: Collection[str] = (),
    remove: Collection[str] = (),
) -> Done:
    """Add these tags to the leads' contacts and take those off; in a fixed number of statements.

    A test holds it equal to `editing.update`, lead by lead: of two leads of one person, the first
    is changed.
    """
    actor.require(Permission.LEAD_EDIT)
    with transaction.atomic():
        rows, done = take_hold(lead_ids, actor=actor)
        before: dict[UUID, set[str]] = {}
        changed: list[Lead] = []
        for row in rows:
            seen = row.contact_id in before
            tags = before.setdefault(row.contact_id, {tag.name for tag in row.contact.tags.all()})
            if seen or (tags | set(add)) - set(remove) == tags:
                done.unchanged.append(row.pk)
            else:
                done.changed.append(row.pk)
                changed.append(row)
        _write(changed, before, add=add, remove=remove)
        note_many(changed, actor=actor, step="updated", fields=["tags"])
    return done


def _write(
    leads: Sequence[Lead],
    before: dict[UUID, set[str]],
    *,
    add: Collection[str],
    remove: Collection[str],
) -> None:
    if not leads:
        return
    workspace_id = leads[0].workspace_id
    contacts = [lead.contact for lead in leads]
    insert_rows(
        [
            ContactTag(workspace_id=workspace_id, contact_id=contact.pk, name=name)
            for contact in contacts
            for name in add
            if name not in before[contact.pk]
        ]
    )
    if remove:
        tags = ContactTag.objects.in_workspace(workspace_id)
        tags.filter(contact__in=[contact.pk for contact in contacts], name__in=remove).delete()
    for contact in contacts:
        # What was prefetched before is not true any more.
        getattr(contact, "_prefetched_objects_cache", {}).pop("tags", None)
    prefetch_related_objects(contacts, "tags")

"""Taking an import back: what it made goes, what it changed is as before.

Unless somebody has worked on it since: a lead that was contacted or moved stays, a field that was
changed again keeps its newer value. What was kept is counted, and said row by row.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.actors import Actor
from accounts.bulk import update_rows
from campaigns import membership
from campaigns.models import CampaignLead, Import, ImportResult
from leads.arrivals import CONTACT_COLUMNS, LEAD_COLUMNS
from leads.bulk.many import note_many, take_hold
from leads.editing import delete_many
from leads.fields import custom_values
from leads.fields.custom_values import Values
from leads.models import Contact, ContactTag, CustomField, Lead, Status
from leads.people.contacts import delete_without_leads

PHASE = ImportResult.Phase.RUN
_UNTOUCHED = (Status.NEW, Status.ENRICHED)


def batch(row: Import, actor: Actor, size: int) -> int:
    """Take back the next rows, in the caller's transaction; returns how many these were."""
    found = ImportResult.objects.in_workspace(row.workspace_id).filter(parent=row, phase=PHASE)
    following = found.filter(number__gt=row.position).order_by("number")
    rows = list(following[:size])
    if not rows:
        return 0
    with transaction.atomic():
        tally = {"deleted": 0, "restored": 0, "kept": 0}
        _leave_campaigns(row, rows)
        _leave_lists(rows, actor)
        tally["restored"] = _restore(row, rows, actor)
        gone, kept = _delete(row, rows, actor)
        tally["deleted"], tally["kept"] = gone, kept
        row.undone = {name: row.undone.get(name, 0) + n for name, n in tally.items()}
        row.position = rows[-1].number
    return len(rows)


def _leave_campaigns(row: Import, rows: Sequence[ImportResult]) -> None:
    """Whom nobody called yet: out of the campaigns that the import brought them into."""
    waiting = CampaignLead.objects.in_workspace(row.workspace_id).exclude(
        status=CampaignLead.Status.CALLING
    )
    migrated = [one.made["campaign_lead"] for one in rows if "campaign_lead" in one.made]
    # Their attempts came with them: what was called since is newer than the row.
    waiting.filter(pk__in=migrated, calls__isnull=True).delete()
    members = [one.lead_id for one in rows if "member" in one.made]
    if row.campaign is not None and members:
        came = waiting.filter(campaign=row.campaign, source__lead_list=row.lead_list, attempts=0)
        came.filter(lead__in=members).delete()


def _leave_lists(rows: Sequence[ImportResult], actor: Actor) -> None:
    by_list: dict[str, list[UUID]] = {}
    for one in rows:
        if "member" in one.made and one.lead_id is not None:
            by_list.setdefault(one.made["member"], []).append(one.lead_id)
    for list_id, lead_ids in sorted(by_list.items()):
        membership.remove(UUID(list_id), lead_ids, actor=actor)


def _delete(row: Import, rows: Sequence[ImportResult], actor: Actor) -> tuple[int, int]:
    """The leads it made, and the contacts that have no other; returns how many, and how many not.

    Whoever was contacted, moved or called since stays.
    """
    made = [one.lead_id for one in rows if "lead" in one.made and one.lead_id is not None]
    leads = Lead.objects.in_workspace(row.workspace_id).alive().filter(pk__in=made)
    untouched = leads.filter(
        status__in=_UNTOUCHED,
        status_changed_at__lte=F("created_at"),
        first_contacted_at__isnull=True,
        contact_count=0,
        response_count=0,
        conversion_id__isnull=True,
    ).exclude(campaign_leads__calls__isnull=False)
    done = delete_many(list(untouched.order_by("pk").values_list("pk", flat=True)), actor=actor)
    kept = leads.count()
    people = [one.made["contact"] for one in rows if "contact" in one.made]
    delete_without_leads(row.workspace_id, people)
    return len(done.changed), kept


def _restore(row: Import, rows: Sequence[ImportResult], actor: Actor) -> int:
    """Values that are still what the import wrote become what they were; returns of how many."""
    changed = [one for one in rows if one.before or one.made.get("tags")]
    ids = [one.lead_id for one in changed if one.lead_id is not None]
    held, _done = take_hold(ids, actor=actor)
    leads = {lead.pk: lead for lead in held}
    own = {one.key: one for one in CustomField.objects.in_workspace(row.workspace_id)}
    fields: list[tuple[Contact | Lead, Values]] = []
    restored: dict[UUID, Lead] = {}
    # A person with several rows: the last change is taken back first.
    for one in reversed(changed):
        lead = leads.get(one.lead_id) if one.lead_id else None
        if lead is None:
            continue
        names = _put_back(lead.contact, one.before.get("contact", {}), own, fields)
        names += _put_back(lead, one.before.get("lead", {}), own, fields)
        tags = one.made.get("tags", [])
        if tags:
            rows_of_tags = ContactTag.objects.in_workspace(row.workspace_id)
            rows_of_tags.filter(contact=lead.contact, name__in=tags).delete()
        if names or tags:
            restored[lead.pk] = lead
    contacts = {lead.contact.pk: lead.contact for lead in restored.values()}
    update_rows(
        list(contacts.values()),
        [name.removesuffix("_id") for name in CONTACT_COLUMNS],
        workspace_id=row.workspace_id,
    )
    for kind in (Contact, Lead):
        custom_values.store_many([one for one in fields if isinstance(one[0], kind)])
    note_many(
        list(restored.values()),
        actor=actor,
        step="updated",
        writes=LEAD_COLUMNS,
        fields=["import_undone"],
    )
    return len(restored)


def _put_back(
    subject: Contact | Lead,
    before: dict[str, list[Any]],
    own: dict[str, CustomField],
    fields: list[tuple[Contact | Lead, Values]],
) -> list[str]:
    names = []
    for name, (old, new) in before.items():
        if name == "custom_fields":
            values = _own_values(subject, old, new, own)
            if values:
                custom_values.rows_of(subject, values)
                fields.append((subject, values))
                names.append(name)
        elif _plain(getattr(subject, name)) == new:
            setattr(subject, name, UUID(old) if name == "company_id" and old else old)
            names.append(name)
    return names


def _own_values(
    subject: Contact | Lead, old: dict[str, Any], new: dict[str, Any], own: dict[str, CustomField]
) -> Values:
    values: Values = {}
    for key in new:
        field = own.get(key)
        is_still = subject.custom_fields.get(key) == new[key]
        if field is not None and is_still and old.get(key) != new[key]:
            values[field] = custom_values.fitted(field, old.get(key))
    return values


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value

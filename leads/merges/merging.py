"""Merging two contacts into one: a person's act, never done by itself.

Everything of the lost contact goes to the kept one. When both have an open lead, the one that is
further along stays, and the other goes into it. The lost rows stay as deleted ones, so that their
ids and numbers lead to what was kept (`leads.merges.merged`), and `leads.merges.unmerging` can put
all back.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from leads.errors import Conflict, LeadError
from leads.merges import duplicates, merge_fields, merge_rows, merge_values
from leads.merges.merge_fields import LOSE, OWN_FIELD, InvalidMerge
from leads.merges.merge_news import tell
from leads.merges.merge_pair import Pair, hold, reckon
from leads.merges.merged import contacts_now
from leads.models import Contact, Lead, Merge


class ContactNotFound(LeadError):
    status = 404
    code = "not_found"

    def __init__(self, field: str = "merge") -> None:
        message = _("There is no such contact, or it is not yours to see.")
        super().__init__(message, errors=[(field, self.code, message)])


def merge(
    keep: UUID, lose: UUID, *, actor: Actor, choices: Mapping[str, str] | None = None
) -> Merge:
    """Let the contact `lose` go into `keep`; `choices` says whose value of a field is taken.

    Raises `ContactNotFound`, `InvalidMerge`, and `Conflict` when somebody merged one meanwhile.
    """
    _require_visible({keep, lose}, actor)
    actor.require(Permission.LEAD_MERGE)
    if keep == lose:
        message = _("These are the same contact: choose two different ones.")
        raise InvalidMerge(message, errors=[("merge", "same_contact", message)])
    with transaction.atomic():
        pair = hold(keep, lose, workspace_id=actor.own_workspace.pk)
        if pair.keep.deleted_at is not None or pair.lose.deleted_at is not None:
            raise _already_merged()
        sides = merge_fields.decided(pair.keep, pair.lose, choices or {})
        row = Merge(
            workspace=actor.own_workspace,
            kept=pair.keep,
            lost=pair.lose,
            choices=sides,
            merged_by=actor.label,
        )
        _join(pair, row, sides, actor)
        return row


def _require_visible(ids: set[UUID], actor: Actor) -> None:
    rows = Contact.objects.visible_to(actor).filter(pk__in=ids)
    missing = ids - set(rows.values_list("pk", flat=True))
    if missing:
        if set(contacts_now(actor.own_workspace.pk, missing)) == missing:
            raise _already_merged()
        raise ContactNotFound


def _already_merged() -> Conflict:
    return Conflict(
        _("One of the two was merged into another contact meanwhile. Look again at who is left."),
        code="already_merged",
    )


def _join(pair: Pair, row: Merge, sides: Mapping[str, str], actor: Actor) -> None:
    stays, goes = pair.open_leads()
    told = stays or pair.latest_lead()
    record: dict[str, Any] = {}
    if told is not None:
        record["lead"] = {"id": str(told.pk), "before": merge_fields.remembered(told), "values": {}}
    if stays is not None and goes is not None:
        row.kept_lead, row.lost_lead = stays, goes
        merge_fields.combine_leads(stays, goes)
        keys = [key for key in goes.custom_fields if key not in stays.custom_fields]
        record["lead"]["values"] = merge_values.copy_values(goes, stays, keys)
    now = timezone.now()
    # What must be there once is free only when the lost ones are gone: an open lead, the e-mail.
    if goes is not None:
        Lead.objects.filter(pk=goes.pk).update(deleted_at=now)
    Contact.objects.filter(pk=pair.lose.pk).update(deleted_at=now)
    record["contact"] = _join_contacts(pair, sides)
    _note_ways_in(row, pair, record["contact"]["before"])
    row.moved = merge_rows.move_all(pair.lose, pair.keep)
    if stays is not None and goes is not None:
        row.moved += merge_rows.move_all(goes, stays)
        reckon(stays)
    row.save(force_insert=True)
    row.raised = duplicates.settle(row)
    if told is not None:
        told.contact = pair.keep
    tell(
        row,
        pair,
        told,
        actor=actor,
        step="merged",
        is_work=True,
        kept_lead_id=str(row.kept_lead_id) if row.kept_lead_id else None,
        lost_lead_id=str(row.lost_lead_id) if row.lost_lead_id else None,
        lost_lead_number=row.lost_lead.number if row.lost_lead else None,
    )
    if told is not None:
        record["lead"]["after"] = merge_fields.remembered(told)
    row.record = record
    row.save(update_fields=["record_sealed", "raised"])


def _join_contacts(pair: Pair, sides: Mapping[str, str]) -> dict[str, Any]:
    before = merge_fields.remembered(pair.keep)
    merge_fields.combine_contacts(pair.keep, pair.lose, sides)
    keys = [
        name.removeprefix(OWN_FIELD)
        for name, side in sides.items()
        if name.startswith(OWN_FIELD) and side == LOSE
    ]
    values = merge_values.copy_values(pair.lose, pair.keep, keys)
    tags = merge_values.copy_tags(pair.lose, pair.keep)
    pair.keep.save()
    after = merge_fields.remembered(pair.keep)
    return {"before": before, "after": after, "values": values, "tags": tags}


def _note_ways_in(row: Merge, pair: Pair, before: Mapping[str, Any]) -> None:
    """The e-mail and the phone that the kept contact has no more, or did not take over."""
    for column, name in (("email_normalized", "other_email"), ("phone_e164", "other_phone")):
        left = {getattr(pair.lose, column), before[column]} - {"", getattr(pair.keep, column)}
        setattr(row, name, next(iter(left), ""))

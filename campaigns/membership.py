"""Who is in a list by hand, or by an import: putting leads in and taking them out."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.among import among, array_of
from accounts.ids import new_id_array
from accounts.permissions import Permission
from campaigns.errors import CampaignError
from campaigns.lists import find
from campaigns.locking import hold_lists
from campaigns.models import LeadList, LeadListMember, LeadMark
from leads.models import Lead

LONGEST_NOTES = 2_000

# Who came by the rule and is put in by hand stays, whatever the rule says later; who was taken out
# comes back.
_ADD = """
INSERT INTO campaigns_leadlistmember AS member (id, created_at, workspace_id, lead_list_id, lead_id,
    by, added_at, added_by_id, notes, is_present)
SELECT id, %(now)s, %(workspace)s, %(list)s, lead_id,
    %(by)s, %(now)s, %(user)s, %(notes)s, true
FROM unnest(%(ids)s::uuid[], %(leads)s::uuid[]) AS chosen (id, lead_id) ORDER BY lead_id
ON CONFLICT (workspace_id, lead_list_id, lead_id) DO UPDATE SET
    by = EXCLUDED.by, added_at = EXCLUDED.added_at, added_by_id = EXCLUDED.added_by_id,
    notes = EXCLUDED.notes, removed_at = NULL, removed_by_id = NULL
WHERE member.removed_at IS NOT NULL OR member.by = 'rule'
"""


@dataclass(frozen=True)
class Added:
    """`missing` are no leads, or not the actor's to see."""

    added: tuple[UUID, ...] = ()
    already_in: tuple[UUID, ...] = ()
    missing: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Removed:
    removed: tuple[UUID, ...] = ()
    not_in: tuple[UUID, ...] = ()


def add(
    lead_list: LeadList | UUID,
    lead_ids: Collection[UUID],
    *,
    actor: Actor,
    notes: str = "",
    by: str = LeadListMember.By.HAND,
) -> Added:
    """Put these leads into the list; a second time changes nothing."""
    actor.require(Permission.LIST_EDIT)
    notes = _notes(notes)
    with transaction.atomic():
        row = find(lead_list, actor=actor)
        _refuse_dynamic(row)
        # Held, so that none of them is deleted in this very moment and counted all the same.
        seen = Lead.objects.visible_to(actor).filter(among("pk", lead_ids)).order_by("pk")
        leads = list(seen.select_for_update(no_key=True).values_list("pk", flat=True))
        present = set(_present(row, leads).values_list("lead_id", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(
                _ADD,
                {
                    "now": timezone.now(),
                    "workspace": row.workspace_id,
                    "list": row.pk,
                    "by": by,
                    "user": actor.user.pk if actor.user else None,
                    "notes": notes,
                    "ids": new_id_array(len(leads)),
                    "leads": array_of(leads),
                },
            )
        added = tuple(pk for pk in leads if pk not in present)
        if row.list_type == LeadList.Type.SMART:
            _mark(row.workspace_id, added)
    found = set(leads)
    return Added(
        added,
        tuple(pk for pk in leads if pk in present),
        tuple(pk for pk in dict.fromkeys(lead_ids) if pk not in found),
    )


def remove(lead_list: LeadList | UUID, lead_ids: Collection[UUID], *, actor: Actor) -> Removed:
    """Take these leads out; a smart list remembers it, and its rule does not take them back."""
    actor.require(Permission.LIST_EDIT)
    with transaction.atomic():
        row = find(lead_list, actor=actor)
        _refuse_dynamic(row)
        hold_lists(row.workspace_id)
        members = LeadListMember.objects.visible_to(actor).filter(lead_list=row)
        members = members.filter(among("lead_id", lead_ids))
        removed = tuple(members.values_list("lead_id", flat=True))
        there = _present(row, removed)
        if row.list_type == LeadList.Type.SMART:
            there.update(removed_at=timezone.now(), removed_by=actor.user)
        else:
            there.delete()
    gone = set(removed)
    return Removed(removed, tuple(pk for pk in dict.fromkeys(lead_ids) if pk not in gone))


def _present(row: LeadList, lead_ids: Collection[UUID]) -> QuerySet[LeadListMember]:
    rows: QuerySet[LeadListMember] = LeadListMember.objects.present()
    rows = rows.filter(workspace_id=row.workspace_id, lead_list=row)
    return rows.filter(among("lead_id", lead_ids))


def _mark(workspace_id: UUID, lead_ids: Iterable[UUID]) -> None:
    """Whoever keeps smart lists sees to the campaigns that the list feeds."""
    LeadMark.objects.bulk_create(
        [LeadMark(workspace_id=workspace_id, lead_id=pk) for pk in lead_ids]
    )


def _refuse_dynamic(row: LeadList) -> None:
    if row.list_type == LeadList.Type.DYNAMIC:
        message = _("Who is in a dynamic list, its rule alone says: change the rule.")
        raise CampaignError(message, code="dynamic_list", errors=[("", "dynamic_list", message)])


def _notes(given: str) -> str:
    notes = (given or "").replace("\0", "").strip()
    if len(notes) > LONGEST_NOTES:
        message = _("Use at most %(count)d characters.") % {"count": LONGEST_NOTES}
        raise CampaignError(message, errors=[("notes", "max_length", message)])
    return notes

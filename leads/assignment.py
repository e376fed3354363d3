"""Who works a lead."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.bulk import insert_rows, update_rows
from accounts.models import Membership, User
from accounts.permissions import Permission, Role
from integrations import outbox
from leads.errors import LeadError
from leads.locking import held, locked
from leads.models import InteractionType, Lead, WaitingLead
from leads.recording import build_interaction, stamp_and_tell

WORKING_ROLES = (Role.OWNER, Role.MANAGER, Role.REP)

# Every column that a new owner may change.
_HANDED_OVER = [
    "assigned_to",
    "assigned_at",
    "last_activity_at",
    "auto_close_alarm_at",
    "updated_at",
]


def assignable(workspace_id: UUID) -> QuerySet[Membership]:
    """Who may be given leads: active members who may work them."""
    return Membership.objects.filter(
        workspace_id=workspace_id, is_active=True, user__is_active=True, role__in=WORKING_ROLES
    ).select_related("user")


def assignable_by_name(workspace_id: UUID) -> QuerySet[Membership]:
    """The same by name, with what a choice among them shows."""
    return (
        assignable(workspace_id)
        .order_by("user__name", "user__email")
        .only("on_duty", "user__name", "user__email")
    )


def assignable_members(workspace_id: UUID) -> list[Membership]:
    """Those as a list."""
    return list(assignable_by_name(workspace_id))


def workload(workspace_id: UUID, user_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many open leads each of these people owns; nobody with none is in it."""
    counted = (
        Lead.objects.in_workspace(workspace_id)
        .open()
        .filter(assigned_to__in=list(user_ids))
        .order_by()
        .values_list("assigned_to")
        .annotate(Count("id"))
    )
    return dict(counted)


def assign(lead: Lead | UUID, *, actor: Actor, user_id: UUID | None) -> Lead:
    """Give the lead to a member, or with None to nobody; the same again changes nothing."""
    with locked(lead, actor=actor, permission=Permission.LEAD_ASSIGN) as row:
        if row.assigned_to_id != user_id:
            hand_over([(row, _owner(row.workspace_id, user_id))], actor=actor)
        return row


def assign_many(
    lead_ids: Sequence[UUID], *, actor: Actor, user_id: UUID | None
) -> tuple[int, list[UUID]]:
    """`assign` for many leads of the actor's workspace, in a fixed number of statements.

    Returns how many are the member's now, those that were before included, and the ids of those
    that the actor does not see. A test holds it equal to `assign`, lead by lead.
    """
    actor.require(Permission.LEAD_ASSIGN)
    workspace_id = actor.own_workspace.pk
    user = _owner(workspace_id, user_id)
    with transaction.atomic():
        # In one order, so that two of these cannot wait for each other.
        rows = list(held(actor).filter(pk__in=lead_ids).order_by("id"))
        moves = [(row, user) for row in rows if row.assigned_to_id != user_id]
        hand_over(moves, actor=actor)
    found = {row.pk for row in rows}
    return len(rows), [lead_id for lead_id in lead_ids if lead_id not in found]


def assignable_member(
    members: QuerySet[Membership],
    user_id: UUID,
    *,
    field: str = "user_id",
    error: type[LeadError] = LeadError,
) -> Membership:
    """The one of these members with that id; the `error` raised for anybody else names `field`."""
    member = members.filter(user_id=user_id).first()
    if member is None:
        message = _("Nobody in this workspace who works leads has that id.")
        raise error(message, errors=[(field, "not_a_member", message)])
    return member


def _owner(workspace_id: UUID, user_id: UUID | None) -> User | None:
    if user_id is None:
        return None
    return assignable_member(assignable(workspace_id), user_id).user


def hand_over(
    moves: Sequence[tuple[Lead, User | None]],
    *,
    actor: Actor,
    why: Mapping[UUID, Mapping[str, Any]] | None = None,
) -> None:
    """Write the new owners of locked leads of one workspace, and all that belongs to it.

    `why` joins a lead's interaction and its news: which rule gave it to whom. Whoever has an owner
    waits for none any more.
    """
    if not moves:
        return
    now = timezone.now()
    entries, events = [], []
    for lead, user in moves:
        change = {**_change(lead, user, actor), **(why or {}).get(lead.pk, {})}
        lead.assigned_to = user
        lead.assigned_at = now if user else None
        entries.append(
            build_interaction(
                lead, actor=actor, type=InteractionType.SYSTEM_AUTO, at=now, payload=change
            )
        )
        events.append(stamp_and_tell(lead, event="lead.assigned", change=change))
    workspace_id = moves[0][0].workspace_id
    update_rows([lead for lead, _user in moves], _HANDED_OVER, workspace_id=workspace_id)
    insert_rows(entries)
    outbox.emit_many(events)
    owned = [lead.pk for lead, user in moves if user]
    if owned:
        WaitingLead.objects.in_workspace(workspace_id).filter(lead__in=owned).delete()


def _change(lead: Lead, user: User | None, actor: Actor) -> dict[str, Any]:
    """What the timeline and the news say of it."""
    before = lead.assigned_to
    return {
        "step": "assigned",
        "from": str(before.pk) if before else None,
        "to": str(user.pk) if user else None,
        "from_name": before.get_full_name() if before else "",
        "to_name": user.get_full_name() if user else "",
        "by": actor.label,
        "by_user_id": str(actor.user.pk) if actor.user else None,
    }

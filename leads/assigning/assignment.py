"""Who works a lead."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.bulk import insert_rows, update_rows
from accounts.models import Membership, User
from accounts.permissions import Permission, Role
from integrations import outbox
from leads.bulk.many import Done, take_hold
from leads.errors import LeadError
from leads.locking import locked
from leads.models import InteractionType, Lead, Task, WaitingLead
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
    lead_ids: Sequence[UUID], *, actor: Actor, user_id: UUID | None, job_id: UUID | None = None
) -> Done:
    """`assign` for many leads of the actor's workspace, in a fixed number of statements.

    `job_id` says what they are given by: their owner is told once of all of a job. A test holds
    this equal to `assign`, lead by lead.
    """
    actor.require(Permission.LEAD_ASSIGN)
    user = _owner(actor.own_workspace.pk, user_id)
    with transaction.atomic():
        rows, done = take_hold(lead_ids, actor=actor)
        moves = [(row, user) for row in rows if row.assigned_to_id != user_id]
        done.unchanged = [row.pk for row in rows if row.assigned_to_id == user_id]
        done.changed = [row.pk for row, _user in moves]
        hand_over(moves, actor=actor, why=dict.fromkeys(done.changed, by_job(job_id)))
    return done


def by_job(job_id: UUID | None) -> dict[str, Any]:
    """What the timeline and the news say of leads that a job gives away."""
    return {"job_id": str(job_id)} if job_id else {}


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
    waits for none any more. Open tasks of the former owner go along to the new one.
    """
    if not moves:
        return
    now = timezone.now()
    workspace_id = moves[0][0].workspace_id
    _take_tasks_along(moves, workspace_id)
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
    update_rows([lead for lead, _user in moves], _HANDED_OVER, workspace_id=workspace_id)
    insert_rows(entries)
    outbox.emit_many(events)
    owned = [lead.pk for lead, user in moves if user]
    if owned:
        WaitingLead.objects.in_workspace(workspace_id).filter(lead__in=owned).delete()


def _take_tasks_along(moves: Sequence[tuple[Lead, User | None]], workspace_id: UUID) -> None:
    """While the leads are still written as the former owners'.

    Of a lead that is nobody's from now on, tasks stay with whom they are.
    """
    going: dict[UUID, list[UUID]] = defaultdict(list)
    for lead, user in moves:
        if user is not None and lead.assigned_to_id is not None:
            going[user.pk].append(lead.pk)
    for user_id, lead_ids in going.items():
        theirs = Task.objects.in_workspace(workspace_id).open().filter(lead__in=lead_ids)
        theirs.filter(owner=F("lead__assigned_to")).update(
            owner_id=user_id, updated_at=timezone.now()
        )


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

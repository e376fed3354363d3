"""Who works a lead."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import Membership
from accounts.permissions import Permission, Role
from leads.errors import LeadError
from leads.locking import locked
from leads.models import InteractionType, Lead
from leads.recording import add_interaction, save_and_tell

WORKING_ROLES = (Role.OWNER, Role.MANAGER, Role.REP)


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
        if row.assigned_to_id == user_id:
            return row
        members = {m.user_id: m.user for m in assignable_members(row.workspace_id)}
        if user_id is not None and user_id not in members:
            message = _("Nobody in this workspace who works leads has that id.")
            raise LeadError(message, errors=[("user_id", "not_a_member", message)])
        now = timezone.now()
        before = row.assigned_to
        row.assigned_to = members[user_id] if user_id else None
        row.assigned_at = now if user_id else None
        change = {
            "step": "assigned",
            "from": str(before.pk) if before else None,
            "to": str(user_id) if user_id else None,
            "from_name": before.get_full_name() if before else "",
            "to_name": row.assigned_to.get_full_name() if row.assigned_to else "",
        }
        add_interaction(row, actor=actor, type=InteractionType.SYSTEM_AUTO, at=now, payload=change)
        save_and_tell(row, event="lead.assigned", change=change)
        return row

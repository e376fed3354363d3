"""Who takes leads at the moment, and how many: duty and caps, and whether news is mailed."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import Membership
from accounts.permissions import Permission
from leads.assigning.assignment import assignable, assignable_member
from leads.assigning.auto_assignment import soon, waiting_leads
from leads.errors import LeadError
from leads.models import MOST_CAP, AssignmentMember, WaitingLead


def set_duty(user_id: UUID, *, actor: Actor, on_duty: bool) -> Membership:
    """Let a member take leads, or none for now; one's own duty everybody sets who works leads.

    Who goes on duty gets a share of the leads that wait.
    """
    is_own = actor.user is not None and actor.user.pk == user_id
    actor.require(Permission.LEAD_EDIT if is_own else Permission.RULE_EDIT)
    with transaction.atomic():
        row = _member(actor, user_id)
        if row.on_duty != on_duty:
            row.on_duty = on_duty
            row.save(update_fields=["on_duty"])
        if on_duty:
            soon(actor.own_workspace.pk)
    return row


def set_cap(user_id: UUID, *, actor: Actor, cap: int | None) -> AssignmentMember:
    """The most open leads that are given to a member; None: as the policy says for everybody."""
    actor.require(Permission.RULE_EDIT)
    if cap is not None and not 0 <= cap <= MOST_CAP:
        message = _("Use a number from 0 to %(most)d.") % {"most": MOST_CAP}
        raise LeadError(message, errors=[("cap", "invalid", message)])
    with transaction.atomic():
        _member(actor, user_id)
        row = _settings(actor, user_id)
        if row.cap != cap:
            row.cap = cap
            row.save(update_fields=["cap", "updated_at"])
        soon(actor.own_workspace.pk)
    return row


def set_by_email(*, actor: Actor, by_email: bool) -> None:
    """Whether the person wants news of their leads by e-mail; everybody sets their own."""
    actor.require(Permission.VIEW)
    if actor.user is None:
        raise LeadError(_("Only people have a mailbox."), code="no_person")
    with transaction.atomic():
        row = _settings(actor, actor.user.pk)
        if row.by_email != by_email:
            row.by_email = by_email
            row.save(update_fields=["by_email", "updated_at"])


def stop_waiting(*, actor: Actor) -> int:
    """Leave the leads that wait without an owner; returns how many these were."""
    actor.require(Permission.RULE_EDIT)
    workspace_id = actor.own_workspace.pk
    with transaction.atomic():
        count = waiting_leads(workspace_id).count()
        WaitingLead.objects.in_workspace(workspace_id).delete()
    return count


def _member(actor: Actor, user_id: UUID) -> Membership:
    rows = assignable(actor.own_workspace.pk).select_for_update(no_key=True, of=("self",))
    return assignable_member(rows, user_id)


def _settings(actor: Actor, user_id: UUID) -> AssignmentMember:
    workspace = actor.own_workspace
    row, _made = AssignmentMember.objects.get_or_create(workspace=workspace, user_id=user_id)
    return row

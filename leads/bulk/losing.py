"""Closing leads as lost, each with its reason, and with what was to be done for them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from leads.bulk.many import Done, take_hold
from leads.diary import bookings, followups
from leads.errors import LeadError
from leads.locking import locked
from leads.models import Lead, Reason
from leads.recording import moment
from leads.transitions import BEFORE_QUALIFIED, MOVES, illegal, is_repeat, perform, perform_many


def lose(
    lead: Lead | UUID,
    *,
    actor: Actor,
    loss_reason: str,
    unqualified_reason: str = "",
    notes: str = "",
    at: datetime | None = None,
    expected_status: str | None = None,
) -> Lead:
    """Close the lead as lost, with a reason; one that was never qualified says why it was not."""
    when = moment(at)
    with locked(lead, actor=actor, expected_status=expected_status) as row:
        if is_repeat(row, "lose"):
            return row
        if row.status not in MOVES["lose"].sources:
            raise illegal(row, "lose")
        if _must_say_why(row) and not unqualified_reason:
            raise _unexplained()
        check_reasons(row.workspace_id, loss_reason, unqualified_reason)
        row.loss_reason = loss_reason
        row.unqualified_reason = unqualified_reason
        followups.close_with([row.pk], workspace_id=row.workspace_id)
        row.next_task_at = None
        perform(
            row,
            "lose",
            actor=actor,
            at=when,
            notes=notes,
            details={"loss_reason": loss_reason, "unqualified_reason": unqualified_reason},
        )
        bookings.cancel_open(row)
        return row


def lose_many(
    lead_ids: Sequence[UUID],
    *,
    actor: Actor,
    loss_reason: str,
    unqualified_reason: str = "",
    notes: str = "",
) -> Done:
    """`lose` for many leads of the actor's workspace, in a fixed number of statements.

    The unqualified reason is that of the leads that were never qualified; the others have none. A
    test holds this equal to `lose`, lead by lead.
    """
    actor.require(Permission.LEAD_EDIT)
    check_reasons(actor.own_workspace.pk, loss_reason, unqualified_reason)
    when = moment(None)
    with transaction.atomic():
        rows, done = take_hold(lead_ids, actor=actor)
        groups: dict[str, list[Lead]] = {"": [], unqualified_reason: []}
        for row in rows:
            if is_repeat(row, "lose"):
                done.unchanged.append(row.pk)
            elif row.status not in MOVES["lose"].sources:
                done.refused[row.pk] = illegal(row, "lose")
            elif _must_say_why(row) and not unqualified_reason:
                done.refused[row.pk] = _unexplained()
            else:
                done.changed.append(row.pk)
                groups["" if row.qualified_at else unqualified_reason].append(row)
        for reason, group in groups.items():
            close_lost(
                group,
                actor=actor,
                at=when,
                loss_reason=loss_reason,
                unqualified_reason=reason,
                notes=notes,
            )
    return done


def close_lost(
    leads: Sequence[Lead],
    *,
    actor: Actor,
    at: datetime,
    loss_reason: str,
    unqualified_reason: str,
    notes: str = "",
) -> None:
    """Lose locked leads of one workspace that may be lost, all for the same reasons."""
    if not leads:
        return
    for lead in leads:
        lead.loss_reason = loss_reason
        lead.unqualified_reason = unqualified_reason
        lead.next_task_at = None
    perform_many(
        leads,
        "lose",
        actor=actor,
        at=at,
        notes=notes,
        details={"loss_reason": loss_reason, "unqualified_reason": unqualified_reason},
    )
    lead_ids = [lead.pk for lead in leads]
    bookings.cancel_open_of(lead_ids, workspace_id=leads[0].workspace_id)
    followups.close_with(lead_ids, workspace_id=leads[0].workspace_id)


def _must_say_why(lead: Lead) -> bool:
    return lead.qualified_at is None and lead.status in BEFORE_QUALIFIED


def _unexplained() -> LeadError:
    return LeadError(
        _("This lead was never qualified: say why it was not."),
        errors=[("unqualified_reason", "required", _("Choose an unqualified reason."))],
    )


def check_reasons(workspace_id: UUID, loss_reason: str, unqualified_reason: str) -> None:
    """Raise `LeadError` unless these are codes of the workspace's lists."""
    _check_reason(workspace_id, Reason.Kind.LOSS, "loss_reason", loss_reason)
    if unqualified_reason:
        _check_reason(
            workspace_id, Reason.Kind.UNQUALIFIED, "unqualified_reason", unqualified_reason
        )


def _check_reason(workspace_id: UUID, kind: str, field: str, code: str) -> None:
    known = dict(Reason.objects.choices_for(workspace_id, kind))
    if code not in known:
        message = _("“%(code)s” is not one of this workspace's reasons: %(known)s.") % {
            "code": code,
            "known": ", ".join(known),
        }
        raise LeadError(message, errors=[(field, "unknown_reason", message)])

"""Leads that are given to a member by themselves, and those that wait for it.

New leads come through the outbox, where they are given in batches and nobody who sends one waits
for it; a person or program asks for one lead with `auto_assign`. Both end in `_give`, which works
on locked leads while it alone holds the workspace's assignment: two leads at once never see the
same turn or the same free place. Leads are locked before that, never after, so that nobody waits in
a circle. Whom nobody can take waits, and is tried again every half minute and when somebody may
have become free (`drain`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.acting import acting_itself
from accounts.actors import Actor, system_actor
from accounts.locks import wait_for_others
from accounts.models import TenantQuerySet, User, Workspace
from accounts.permissions import Permission
from accounts.tenancy import scope, system_scope
from integrations.models import OutboxEvent
from integrations.nudges import nudge
from leads.assigning.assignment import by_job, hand_over
from leads.assigning.turns import Desk, policy_of
from leads.bulk.many import Done, take_hold
from leads.errors import LeadError
from leads.locking import locked
from leads.models import OPEN_STATUSES, AssignmentPolicy, AssignmentRule, Lead, Status, WaitingLead

BATCH = 200


class NobodyAvailable(LeadError):
    """Nobody can take the lead now; it waits, and is assigned as soon as somebody can."""

    status = 409
    code = "nobody_available"

    def __init__(self, why: str) -> None:
        super().__init__(_("%(why)s The lead waits until somebody can take it.") % {"why": why})


@dataclass(frozen=True)
class AutoAssigned:
    """What came of asking: the lead with its owner, or why it `waits`."""

    lead: Lead
    waits: str = ""


def auto_assign(lead: Lead | UUID, *, actor: Actor) -> AutoAssigned:
    """Give an open lead without an owner to whose turn it is; an owned one stays with its owner.

    When nobody can take it, it waits: that is written down, so that it is no error here. Raises
    `LeadError` (409 ``lead_closed``).
    """
    with locked(lead, actor=actor, permission=Permission.LEAD_ASSIGN) as row:
        if row.assigned_to_id is not None:
            return AutoAssigned(row)
        if not row.is_open:
            raise _closed(row)
        return AutoAssigned(row, _give([row], actor=actor)[0].get(row.pk, ""))


def auto_assign_many(lead_ids: Sequence[UUID], *, actor: Actor, job_id: UUID | None = None) -> Done:
    """`auto_assign` for many leads, in the order of their arrival; those that wait are refused.

    A test holds it equal to `auto_assign`, lead by lead.
    """
    actor.require(Permission.LEAD_ASSIGN)
    with transaction.atomic():
        rows, done = take_hold(lead_ids, actor=actor)
        done.unchanged = [row.pk for row in rows if row.assigned_to_id is not None]
        unowned = [row for row in rows if row.assigned_to_id is None]
        done.refused |= {row.pk: _closed(row) for row in unowned if not row.is_open}
        free = [row for row in unowned if row.is_open]
        waits = _give(free, actor=actor, job_id=job_id)[0] if free else {}
        done.refused |= {pk: NobodyAvailable(why) for pk, why in waits.items()}
        done.changed = [row.pk for row in free if row.pk not in waits]
    return done


def _closed(lead: Lead) -> LeadError:
    message = _("This lead is “%(status)s”. Only open leads are assigned automatically.")
    detail = message % {"status": Status(lead.status).label}
    return LeadError(detail, code="lead_closed", status=409)


def _give(
    rows: Sequence[Lead], *, actor: Actor, job_id: UUID | None = None
) -> tuple[dict[UUID, str], bool]:
    """Give locked, open leads that nobody owns, in their order.

    Returns why those wait that nobody can take, and whether there is no room left at all.
    """
    workspace = actor.own_workspace
    wait_for_others([f"assignment:{workspace.pk}"])
    desk = Desk(workspace)
    moves: list[tuple[Lead, User | None]] = []
    why: dict[UUID, Mapping[str, Any]] = {}
    waits: dict[UUID, AssignmentRule | None] = {}
    for row in rows:
        choice = desk.choose(row)
        if choice.seat is None:
            waits[row.pk] = choice.rule
        else:
            moves.append((row, choice.seat.user))
            why[row.pk] = desk.because(choice) | by_job(job_id)
    hand_over(moves, actor=actor, why=why)
    if moves:
        desk.keep_turns()
    _let_wait(workspace.pk, waits)
    return {pk: desk.why_not(rule) for pk, rule in waits.items()}, desk.is_full


def _let_wait(workspace_id: UUID, waits: Mapping[UUID, AssignmentRule | None]) -> None:
    """Keep these leads in the line; who stands there already keeps their place."""
    known = dict(
        WaitingLead.objects.in_workspace(workspace_id)
        .filter(lead__in=list(waits))
        .values_list("lead_id", "rule_id")
        if waits
        else ()
    )
    rows = [
        WaitingLead(workspace_id=workspace_id, lead_id=lead_id, rule=rule)
        for lead_id, rule in waits.items()
        if lead_id not in known or known[lead_id] != (rule.pk if rule else None)
    ]
    WaitingLead.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["workspace", "lead"], update_fields=["rule"]
    )


def _is_unowned(path: str = "") -> Q:
    """Open, and nobody's; `path` leads to the lead."""
    return Q(
        **{
            f"{path}deleted_at__isnull": True,
            f"{path}status__in": OPEN_STATUSES,
            f"{path}assigned_to__isnull": True,
        }
    )


def waiting_leads(workspace_id: UUID) -> TenantQuerySet:
    """Who waits, the oldest first; those that were closed, deleted or given meanwhile left out."""
    line = WaitingLead.objects.in_workspace(workspace_id).filter(_is_unowned("lead__"))
    return line.order_by("id")


def assign_arrivals(events: Sequence[OutboxEvent]) -> None:
    """The outbox's news of new or enriched leads: give them, where the policy says so."""
    workspace_id = events[0].workspace_id
    policy = policy_of(workspace_id)
    arrived = [event.subject_id for event in events if _is_due(policy.trigger, event)]
    if not arrived:
        return
    unowned = Lead.objects.in_workspace(workspace_id).filter(_is_unowned(), pk__in=arrived)
    taken = _give_unowned(Workspace.objects.get(pk=workspace_id), arrived)[0]
    # Somebody works on them at this moment: they are not forgotten for it.
    held_by_others = unowned.exclude(pk__in=taken).values_list("pk", flat=True)
    _let_wait(workspace_id, dict.fromkeys(held_by_others))
    if held_by_others:
        soon(workspace_id)


def _is_due(trigger: str, event: OutboxEvent) -> bool:
    change = event.payload.get("change", {})
    if trigger == AssignmentPolicy.Trigger.CREATED:
        return event.type == "lead.created"
    if trigger == AssignmentPolicy.Trigger.ENRICHED:
        born_so = event.type == "lead.created" and change.get("status") == Status.ENRICHED
        return born_so or (event.type == "lead.enriched" and change.get("move") == "enrich")
    return False


def _give_unowned(workspace: Workspace, lead_ids: Sequence[UUID]) -> tuple[list[UUID], int, bool]:
    """Those of the leads that nobody owns, and nobody else holds.

    Returns which these were, how many of them have an owner now, and whether no room is left.
    """
    rows = list(
        Lead.objects.in_workspace(workspace.pk)
        .filter(_is_unowned(), pk__in=lead_ids)
        .for_list()
        .select_for_update(skip_locked=True, no_key=True, of=("self", "contact"))
    )
    order = {lead_id: place for place, lead_id in enumerate(lead_ids)}
    rows.sort(key=lambda row: order[row.pk])
    if not rows:
        return [], 0, False
    waits, is_full = _give(rows, actor=system_actor(workspace))
    return [row.pk for row in rows], len(rows) - len(waits), is_full


def soon(workspace_id: UUID) -> None:
    """After the commit, let a worker look who can be given now."""
    task = partial(nudge, "leads.tasks.assign_waiting_in", str(workspace_id))
    transaction.on_commit(task, robust=True)


def workspaces_with_waiting() -> list[UUID]:
    """Where leads wait."""
    with system_scope():
        waiting = WaitingLead.objects.order_by("workspace_id")
        return list(waiting.values_list("workspace_id", flat=True).distinct())


def drain(workspace_id: UUID, batch: int = BATCH) -> int:
    """Give what can be given of the leads that wait, the oldest first; returns how many.

    Safe beside itself: leads that another worker holds are passed over.
    """
    given, after = 0, UUID(int=0)
    while True:
        with acting_itself(via="timer"), scope(workspace_id):
            line = list(
                WaitingLead.objects.in_workspace(workspace_id)
                .filter(pk__gt=after)
                .order_by("pk")
                .values_list("pk", "lead_id")[:batch]
            )
            if not line:
                return given
            after = line[-1][0]
            lead_ids = [lead_id for _pk, lead_id in line]
            _forget_settled(workspace_id, lead_ids)
            workspace = Workspace.objects.get(pk=workspace_id)
            _rows, count, is_full = _give_unowned(workspace, lead_ids)
            given += count
            if is_full:
                return given


def _forget_settled(workspace_id: UUID, lead_ids: Sequence[UUID]) -> None:
    """Who was closed, deleted or given by hand stands in the line no more."""
    unowned = Lead.objects.in_workspace(workspace_id).filter(_is_unowned(), pk__in=lead_ids)
    line = WaitingLead.objects.in_workspace(workspace_id).filter(lead__in=lead_ids)
    line.exclude(lead__in=unowned.values("pk")).delete()

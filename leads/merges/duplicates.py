"""Suggestions that two contacts are one person: found by phone and by name, decided by people.

Intake raises one when an arrival's e-mail and phone point at two. For everybody who came in or was
changed, the outbox has `look_for` asked, which walks indexes; contacts from before are looked
through in batches (`scan_on`).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.actors import Actor
from accounts.ids import new_id
from accounts.models import Workspace
from accounts.permissions import Permission
from accounts.tenancy import scope, system_scope
from integrations.models import OutboxEvent
from leads.errors import LeadError
from leads.models import Contact, DuplicateScan, DuplicateSuggestion, Merge

Reason = DuplicateSuggestion.Reason
# More would not be looked at; merging some makes room for others.
MOST_FOR_ONE = 5
SHOWN = 5
SCANNED_AT_ONCE = 500
_TOLD_OF = ("lead.created", "lead.arrived_again", "lead.enriched", "lead.updated")


class SuggestionNotFound(LeadError):
    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no such suggestion, or it is not yours to see.")


def raise_pair(workspace_id: UUID, one: UUID, other: UUID, reasons: Collection[str]) -> UUID | None:
    """Suggest that the two are one person; returns the id of a new suggestion.

    What was suggested before gets the further reasons; what was dismissed stays dismissed.
    """
    return next(iter(_raise(workspace_id, [(one, other, list(reasons))])), None)


def _raise(workspace_id: UUID, found: Iterable[tuple[UUID, UUID, list[str]]]) -> list[UUID]:
    """Rows go in one order, so that two who raise the same ones do not wait for each other."""
    pairs = sorted((min(one, other), max(one, other), reasons) for one, other, reasons in found)
    if not pairs:
        return []
    made = {new_id(): pair for pair in pairs}
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO leads_duplicatesuggestion AS present (id, workspace_id, created_at,"
            " first_id, second_id, reasons, dismissed_by)"
            " VALUES (%s, %s, %s, %s, %s, %s::varchar[], '')"
            " ON CONFLICT (workspace_id, first_id, second_id) DO UPDATE SET reasons = ("
            "  SELECT array_agg(DISTINCT reason ORDER BY reason)"
            "  FROM unnest(present.reasons || excluded.reasons) AS reason)"
            " WHERE NOT present.reasons @> excluded.reasons",
            [
                [pk, workspace_id, timezone.now(), first, second, reasons]
                for pk, (first, second, reasons) in made.items()
            ],
        )
    rows = DuplicateSuggestion.objects.in_workspace(workspace_id).filter(pk__in=list(made))
    return list(rows.values_list("pk", flat=True))


def look_for(workspace_id: UUID, contact_ids: Collection[UUID]) -> None:
    """Suggest who may be the same as one of these: same phone, or same name and something else."""
    if not contact_ids:
        return
    with connection.cursor() as cursor:
        # The function may use the index of names, which a policy would keep lower() from.
        cursor.execute(
            "SELECT first_id, second_id, reasons FROM likely_duplicates(%s, %s, %s)",
            [workspace_id, list(contact_ids), MOST_FOR_ONE],
        )
        found = cursor.fetchall()
    _raise(workspace_id, found)


def look_for_arrivals(events: Sequence[OutboxEvent]) -> None:
    """The same for the contacts that news of leads are about (an outbox consumer)."""
    told = (event.payload.get("lead", {}) for event in events if event.type in _TOLD_OF)
    ids = {UUID(lead["contact_id"]) for lead in told if lead.get("contact_id")}
    look_for(events[0].workspace_id, ids)


def dismiss(suggestion_id: UUID, *, actor: Actor) -> DuplicateSuggestion:
    """They are two people: do not suggest it again. A second time changes nothing."""
    rows = DuplicateSuggestion.objects.visible_to(actor).filter(pk=suggestion_id)
    if not rows.exists():
        raise SuggestionNotFound
    actor.require(Permission.LEAD_MERGE)
    rows.filter(dismissed_at__isnull=True, merge__isnull=True).update(
        dismissed_at=timezone.now(), dismissed_by=actor.label
    )
    row: DuplicateSuggestion = rows.select_related("first", "second").get()
    return row


def settle(merge: Merge) -> list[str]:
    """The lost contact is the kept one now: so is what was suggested about it.

    Returns the ids of the suggestions that were made anew.
    """
    rows = DuplicateSuggestion.objects.in_workspace(merge.workspace_id).filter(
        dismissed_at__isnull=True, merge__isnull=True
    )
    about = list(rows.about(merge.lost))
    rows.filter(pk__in=[row.pk for row in about]).update(merge=merge)
    raised = []
    for row in about:
        other = row.second_id if row.first_id == merge.lost_id else row.first_id
        if other != merge.kept_id:
            made = raise_pair(merge.workspace_id, merge.kept_id, other, row.reasons)
            raised += [str(made)] if made else []
    return raised


def unsettle(merge: Merge) -> None:
    """The merge is undone: suggest again what it had settled, and no more what came of it."""
    rows = DuplicateSuggestion.objects.in_workspace(merge.workspace_id)
    rows.filter(pk__in=merge.raised, dismissed_at__isnull=True, merge__isnull=True).delete()
    rows.filter(merge=merge).update(merge=None)


def scan_on() -> bool:
    """Look through the next contacts from before; returns whether there may be more.

    A worker holds the workspace's row while it is at it, so that several share the workspaces.
    """
    with system_scope():
        known = DuplicateScan.objects.values("workspace")
        fresh = list(Workspace.objects.exclude(pk__in=known).values_list("pk", flat=True)[:100])
        DuplicateScan.objects.bulk_create(
            [DuplicateScan(workspace_id=pk) for pk in fresh], ignore_conflicts=True
        )
        waiting = DuplicateScan.objects.filter(finished_at__isnull=True).order_by("pk")
        workspace_id = waiting.values_list("workspace_id", flat=True).first()
    if workspace_id is None:
        return False
    with scope(workspace_id):
        rows = DuplicateScan.objects.in_workspace(workspace_id).filter(finished_at__isnull=True)
        held = rows.select_for_update(skip_locked=True).first()
        if held is not None:
            _scan(held)
    return True


def _scan(held: DuplicateScan) -> None:
    contacts = Contact.objects.in_workspace(held.workspace_id).alive()
    if held.reached is not None:
        contacts = contacts.filter(pk__gt=held.reached)
    ids = list(contacts.order_by("pk").values_list("pk", flat=True)[:SCANNED_AT_ONCE])
    look_for(held.workspace_id, ids)
    if ids:
        held.reached = ids[-1]
    if len(ids) < SCANNED_AT_ONCE:
        held.finished_at = timezone.now()
    held.save()


@dataclass(frozen=True)
class Suggested:
    """Who else a contact may be, and why."""

    suggestion: DuplicateSuggestion
    other: Contact


def suggested_for(contact: Contact, *, actor: Actor) -> list[Suggested]:
    """The people that the contact may be the same as, as far as the actor sees them."""
    rows = DuplicateSuggestion.objects.visible_to(actor).about(contact).open()
    return [
        Suggested(row, row.second if row.first_id == contact.pk else row.first)
        for row in rows.select_related("first", "second").order_by("-created_at", "-id")[:SHOWN]
    ]

"""From news to uploads: which platforms are told of an event, once each.

Called by the outbox with the events of one workspace, in its transaction. The unique keys of
`Upload` make a second call, or the same stage reached again after reopening, find the row that is
there.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.ids import new_id
from conversions.models import Conversion, ConversionRule, Upload
from conversions.models.rule import CONVERSION_TRIGGER
from integrations.models import OutboxEvent
from integrations.nudges import nudge
from leads.errors import Conflict
from leads.models import Lead

# The moves that reach a stage; reopening or a cancelled appointment only comes back to one.
STAGE_OF_MOVE = {
    "qualify": "qualified",
    "schedule": "scheduled",
    "complete": "completed",
    "convert": "converted",
}
HUNDRED = Decimal(100)
CENT = Decimal("0.01")


def create_stage_uploads(events: Sequence[OutboxEvent]) -> None:
    """The uploads of leads that reached a stage."""
    reached = [(event, stage) for event in events if (stage := _stage(event))]
    if not reached:
        return
    workspace_id = events[0].workspace_id
    rules = ConversionRule.objects.firing(workspace_id, {stage for _event, stage in reached})
    if not rules:
        return
    leads = (
        Lead.objects.in_workspace(workspace_id)
        .only("contact_id", "conversion_id", *(f"{stage}_at" for stage in STAGE_OF_MOVE.values()))
        .in_bulk({event.subject_id for event, _stage in reached})
    )
    reached = _not_taken_back(reached, leads)
    prices = _conversions(workspace_id, {lead.conversion_id for lead in leads.values()})
    _create(
        [
            _upload(
                rule,
                lead.contact_id,
                lead.pk,
                None,
                _when(event),
                prices.get(lead.conversion_id),
                not_before=_undoable_until(event),
            )
            for event, stage in reached
            if (lead := leads.get(event.subject_id))
            for rule in rules[stage]
        ]
    )


def _stage(event: OutboxEvent) -> str | None:
    return STAGE_OF_MOVE.get(event.payload.get("change", {}).get("move", ""))


def _when(event: OutboxEvent) -> datetime:
    return datetime.fromisoformat(event.payload["change"]["at"])


def _undoable_until(event: OutboxEvent) -> datetime | None:
    text = event.payload["change"].get("undoable_until")
    return datetime.fromisoformat(text) if text else None


Reached = list[tuple[OutboxEvent, str]]


def _not_taken_back(reached: Reached, leads: dict[UUID, Lead]) -> Reached:
    """Without the stages that a person took back before we came to hear of them.

    Leads that may still be put back are locked, so that taking back finds our uploads, or we find
    that it was done. They are read again, because waiting for the lock made them old.
    """
    undoable = {event.subject_id for event, _stage in reached if _undoable_until(event)}
    if not undoable:
        return reached
    rows = Lead.objects.in_workspace(reached[0][0].workspace_id).filter(pk__in=undoable)
    held = {row.pk: row for row in rows.select_for_update(no_key=True).order_by("pk")}
    leads.update(held)
    return [
        (event, stage)
        for event, stage in reached
        if event.subject_id not in undoable
        or (
            event.subject_id in held
            and getattr(held[event.subject_id], f"{stage}_at") == _when(event)
        )
    ]


def withdraw_stage_uploads(lead: Lead, move: str, at: datetime) -> None:
    """A move of a locked lead is taken back: what no platform was told yet is not sent at all.

    Raises `Conflict` when an attempt to tell one was made.
    """
    stage = STAGE_OF_MOVE.get(move)
    if stage is None:
        return
    uploads = Upload.objects.in_workspace(lead.workspace_id).filter(
        lead=lead, conversion__isnull=True, trigger=stage, occurred_at=at
    )
    if any(upload.attempts for upload in uploads.select_for_update(no_key=True)):
        message = _("An ad platform is being told of this move already, so it stays.")
        raise Conflict(message, code="already_told")
    # Nobody else makes uploads of this lead's moves now: that would take its lock.
    uploads.delete()


def create_conversion_uploads(events: Sequence[OutboxEvent]) -> None:
    """The uploads of logged conversions, by their types."""
    workspace_id = events[0].workspace_id
    found = _conversions(workspace_id, {event.subject_id for event in events})
    triggers = {row.pk: f"{CONVERSION_TRIGGER}{row.type}" for row in found.values()}
    rules = ConversionRule.objects.firing(workspace_id, set(triggers.values()))
    _create(
        [
            _upload(rule, row.contact_id, row.lead_id, row, row.converted_at, row)
            for row in found.values()
            for rule in rules[triggers[row.pk]]
        ]
    )


def _conversions(workspace_id: UUID, ids: Collection[UUID | None]) -> dict[UUID | None, Conversion]:
    wanted = {pk for pk in ids if pk is not None}
    if not wanted:
        return {}
    found: dict[UUID | None, Conversion] = Conversion.objects.in_workspace(workspace_id).in_bulk(
        wanted
    )
    return found


def _upload(
    rule: ConversionRule,
    contact_id: UUID,
    lead_id: UUID | None,
    about: Conversion | None,
    happened: datetime,
    priced_by: Conversion | None,
    *,
    not_before: datetime | None = None,
) -> Upload:
    upload_id = new_id()
    value, currency = worth(rule, priced_by)
    return Upload(
        id=upload_id,
        workspace_id=rule.workspace_id,
        rule=rule,
        connection_id=rule.connection_id,
        contact_id=contact_id,
        lead_id=lead_id,
        conversion=about,
        trigger=rule.trigger,
        # Never purely numeric, which Google refuses; the same on every retry.
        event_id=f"ll-{upload_id}",
        external_action=rule.external_action,
        occurred_at=happened,
        value=value,
        currency=currency,
        next_attempt_at=max(filter(None, (timezone.now(), not_before))),
    )


def worth(rule: ConversionRule, conversion: Conversion | None) -> tuple[Decimal | None, str]:
    """The value and currency to report; (None, "") when the rule sends none."""
    strategy = ConversionRule.ValueStrategy
    if rule.value_strategy == strategy.FIXED and rule.amount is not None:
        return rule.amount, rule.currency or rule.workspace.currency
    if conversion is None or conversion.value is None:
        return None, ""
    if rule.value_strategy == strategy.CONVERSION:
        return conversion.value, conversion.currency
    if rule.value_strategy == strategy.SHARE and rule.share is not None:
        part = conversion.value * rule.share / HUNDRED
        return part.quantize(CENT, rounding=ROUND_HALF_UP), conversion.currency
    return None, ""


def _create(uploads: list[Upload]) -> None:
    if uploads:
        Upload.objects.bulk_create(uploads, ignore_conflicts=True)
        transaction.on_commit(partial(nudge, "conversions.tasks.deliver_due_uploads"), robust=True)

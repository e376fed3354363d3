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

from accounts.ids import new_id
from conversions.models import Conversion, ConversionRule, Upload
from conversions.models.rule import CONVERSION_TRIGGER
from integrations.models import OutboxEvent
from integrations.nudges import nudge
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
        .only("contact_id", "conversion_id")
        .in_bulk({event.subject_id for event, _stage in reached})
    )
    prices = _conversions(workspace_id, {lead.conversion_id for lead in leads.values()})
    _create(
        [
            _upload(
                rule, lead.contact_id, lead.pk, None, _when(event), prices.get(lead.conversion_id)
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
        next_attempt_at=timezone.now(),
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

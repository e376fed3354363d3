"""From news to uploads: which platforms are told of an event, once each.

Called by the outbox for each event, in its transaction. The unique keys of `Upload` make a second
call, or the same stage reached again after reopening, find the row that is there.
"""

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


def create_stage_uploads(event: OutboxEvent) -> None:
    """The uploads of a lead that reached a stage."""
    change = event.payload.get("change", {})
    stage = STAGE_OF_MOVE.get(change.get("move", ""))
    if stage is None:
        return
    rules = list(ConversionRule.objects.firing(event.workspace_id, stage))
    lead = Lead.objects.in_workspace(event.workspace_id).filter(pk=event.subject_id).first()
    if not rules or lead is None:
        return
    priced_by = _conversion(event.workspace_id, lead.conversion_id)
    happened = datetime.fromisoformat(change["at"])
    _create([_upload(rule, lead.contact_id, lead.pk, None, happened, priced_by) for rule in rules])


def create_conversion_uploads(event: OutboxEvent) -> None:
    """The uploads of a logged conversion, by its type."""
    row = _conversion(event.workspace_id, event.subject_id)
    if row is None:
        return
    rules = ConversionRule.objects.firing(event.workspace_id, f"{CONVERSION_TRIGGER}{row.type}")
    _create(
        [_upload(rule, row.contact_id, row.lead_id, row, row.converted_at, row) for rule in rules]
    )


def _conversion(workspace_id: UUID, conversion_id: UUID | None) -> Conversion | None:
    if conversion_id is None:
        return None
    found: Conversion | None = (
        Conversion.objects.in_workspace(workspace_id).filter(pk=conversion_id).first()
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

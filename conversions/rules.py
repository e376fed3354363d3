"""Making and changing the rules that say which result goes to which ad platform."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from conversions.errors import ConversionError, NotFound
from conversions.models import ConversionRule
from conversions.models.rule import CONVERSION_TRIGGER, STAGE_TRIGGERS
from conversions.recording import TYPE_PATTERN
from integrations.models import Connection, OutboxEvent
from integrations.registry import provider_names

Strategy = ConversionRule.ValueStrategy
# What each strategy needs; the others must then be left out.
_NEEDED = {
    Strategy.NONE: None,
    Strategy.FIXED: "amount",
    Strategy.CONVERSION: None,
    Strategy.SHARE: "share",
}
HUNDRED = Decimal(100)


def create(
    *,
    actor: Actor,
    trigger: str,
    connection_id: UUID,
    external_action: str,
    value: Mapping[str, Any] | None = None,
    is_active: bool = True,
) -> ConversionRule:
    """A new rule. `value` is ``{strategy, amount, share, currency}``.

    Raises `ConversionError`, and `NotFound` for a connection that is not the workspace's.
    """
    actor.require(Permission.RULE_EDIT)
    row = ConversionRule(workspace=actor.own_workspace, is_active=is_active)
    changes = {
        "trigger": trigger,
        "connection_id": connection_id,
        "external_action": external_action,
        "value": value or {"strategy": Strategy.NONE},
    }
    _apply(row, changes)
    row.save(force_insert=True)
    return row


def update(rule_id: UUID, *, actor: Actor, changes: Mapping[str, Any]) -> ConversionRule:
    """Set what `changes` names (as `create` takes it); uploads that exist keep what they were."""
    with transaction.atomic():
        row = _held(rule_id, actor)
        _apply(row, changes)
        row.save()
        return row


def delete(rule_id: UUID, *, actor: Actor) -> None:
    """Take a rule out of use; its row stays, so that nothing is ever sent twice."""
    with transaction.atomic():
        row = _held(rule_id, actor)
        row.deleted_at = timezone.now()
        row.is_active = False
        row.save(update_fields=["deleted_at", "is_active", "updated_at"])


def switch_off_rules_of(events: Sequence[OutboxEvent]) -> None:
    """Outbox consumer: the rules of deleted connections have nowhere to send to."""
    rules = ConversionRule.objects.in_workspace(events[0].workspace_id).alive()
    rules.filter(connection_id__in={event.subject_id for event in events}, is_active=True).update(
        is_active=False, updated_at=timezone.now()
    )


def _held(rule_id: UUID, actor: Actor) -> ConversionRule:
    rows = ConversionRule.objects.in_workspace(actor.own_workspace.pk).alive()
    found: ConversionRule | None = rows.select_for_update(no_key=True).filter(pk=rule_id).first()
    if found is None:
        raise NotFound(_("There is no such rule."))
    actor.require(Permission.RULE_EDIT)
    return found


def _apply(row: ConversionRule, changes: Mapping[str, Any]) -> None:
    if "trigger" in changes:
        row.trigger = _known_trigger(changes["trigger"])
    if "connection_id" in changes:
        row.connection = _own_connection(row.workspace_id, changes["connection_id"])
    if "external_action" in changes:
        row.external_action = changes["external_action"].strip()
    if "value" in changes:
        _set_value(row, changes["value"])
    row.is_active = changes.get("is_active", row.is_active)


def _known_trigger(trigger: str) -> str:
    kind = trigger.removeprefix(CONVERSION_TRIGGER)
    is_type = trigger.startswith(CONVERSION_TRIGGER) and TYPE_PATTERN.match(kind)
    if trigger not in STAGE_TRIGGERS and not is_type:
        message = _("Use %(stages)s, or conversion:<type> such as conversion:sale.") % {
            "stages": ", ".join(STAGE_TRIGGERS)
        }
        raise ConversionError(message, errors=[("trigger", "invalid_choice", message)])
    return trigger


def _own_connection(workspace_id: UUID, connection_id: UUID) -> Connection:
    rows = Connection.objects.in_workspace(workspace_id).filter(
        deleted_at__isnull=True, provider__in=provider_names()
    )
    found: Connection | None = rows.filter(pk=connection_id).first()
    if found is None:
        message = _("There is no connection with that id here.")
        raise NotFound(message, errors=[("connection", "not_found", message)])
    return found


def _set_value(row: ConversionRule, value: Mapping[str, Any]) -> None:
    strategy = Strategy(value["strategy"])
    needed = _NEEDED[strategy]
    for name in ("amount", "share"):
        given = value.get(name)
        if name == needed and given is None:
            _refuse(f"value.{name}", "required", _("This way of valuing needs it."))
        if name != needed and given is not None:
            _refuse(f"value.{name}", "invalid", _("This way of valuing does not use it."))
    amount, share = value.get("amount"), value.get("share")
    if amount is not None and amount < 0:
        _refuse("value.amount", "min_value", _("Give an amount of zero or more."))
    if share is not None and not 0 <= share <= HUNDRED:
        _refuse("value.share", "invalid", _("Give a share in percent, from 0 to 100."))
    row.value_strategy = strategy
    row.amount, row.share = amount, share
    row.currency = value.get("currency", "") if strategy == Strategy.FIXED else ""


def _refuse(field: str, code: str, message: str) -> None:
    raise ConversionError(message, errors=[(field, code, message)])

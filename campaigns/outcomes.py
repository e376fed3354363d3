"""How calls may end in a workspace: the built-in outcomes, and those it added."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from campaigns.errors import CampaignError, Conflict, NotFound
from campaigns.models import OUTCOME_RULES, CallOutcome, Outcome, OutcomeRule
from campaigns.reachability import REASONS

CHANGEABLE = ("label", "status", "delay_minutes", "is_reached", "is_successful", "is_active")
LONGEST_DELAY = 60 * 24 * 90
_CODE = re.compile(r"[a-z0-9_]{1,40}")

# As callers need them: the most frequent first, so that the first nine have a key of their own.
OFFERED = (
    Outcome.NO_ANSWER,
    Outcome.VOICEMAIL,
    Outcome.BUSY,
    Outcome.CALLBACK,
    Outcome.INTERESTED,
    Outcome.NOT_INTERESTED,
    Outcome.APPOINTMENT,
    Outcome.CONVERTED,
    Outcome.DO_NOT_CALL,
    Outcome.WRONG_NUMBER,
    Outcome.PLEDGED,
    Outcome.DONATED,
)


@dataclass(frozen=True)
class Offered:
    """An outcome a caller may choose."""

    code: str
    label: str
    rule: OutcomeRule


def outcomes_of(workspace_id: UUID) -> dict[str, OutcomeRule]:
    """What each outcome that may be recorded means, by code."""
    return {one.code: one.rule for one in offered(workspace_id)}


def offered(workspace_id: UUID) -> list[Offered]:
    """The outcomes in the order in which they are shown."""
    own = CallOutcome.objects.in_workspace(workspace_id).filter(is_active=True)
    return [
        *(Offered(code.value, str(code.label), OUTCOME_RULES[code]) for code in OFFERED),
        *(Offered(row.code, row.label, row.rule) for row in own),
    ]


def labels_of(workspace_id: UUID) -> dict[str, str]:
    """What every outcome that a campaign lead may have is called, those out of use included."""
    own = CallOutcome.objects.in_workspace(workspace_id).values_list("code", "label")
    built_in = {code.value: str(code.label) for code in Outcome}
    return {**built_in, **{code: str(text) for code, text in REASONS.items()}, **dict(own)}


def add(*, actor: Actor, values: Mapping[str, Any]) -> CallOutcome:
    """A new outcome of the workspace; `code` and `label` have to be given."""
    actor.require(Permission.CAMPAIGN_EDIT)
    workspace = actor.own_workspace
    rows = CallOutcome.objects.in_workspace(workspace.pk)
    row = CallOutcome(workspace=workspace, code=values.get("code", ""))
    errors: list[tuple[str, str, str]] = []
    if not _CODE.fullmatch(row.code):
        message = _("Use small letters, digits and _, at most 40.")
        errors.append(("code", "invalid", message))
    elif row.code in Outcome.values or row.code in REASONS:
        errors.append(("code", "reserved", _("This is one of the built-in outcomes.")))
    _apply(row, {"status": CallOutcome.Leads.CONTACTED, **values}, errors)
    row.position = (rows.aggregate(last=Max("position"))["last"] or 99) + 1
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "call_outcome_code_once" not in str(error):
            raise
        message = _("There is an outcome with this code already.")
        raise Conflict(message, errors=[("code", "exists", message)]) from error
    return row


def change(outcome_id: UUID, *, actor: Actor, changes: Mapping[str, Any]) -> CallOutcome:
    """Set what `changes` names of `CHANGEABLE`; calls that were recorded stay as they are."""
    rows = CallOutcome.objects.in_workspace(actor.own_workspace.pk)
    with transaction.atomic():
        row: CallOutcome | None = rows.select_for_update(no_key=True).filter(pk=outcome_id).first()
        if row is None:
            raise NotFound(_("There is no such outcome."))
        actor.require(Permission.CAMPAIGN_EDIT)
        _apply(row, changes, [])
        row.save(update_fields=[*CHANGEABLE, "updated_at"])
    return row


def _apply(row: CallOutcome, values: Mapping[str, Any], errors: list[tuple[str, str, str]]) -> None:
    for name in CHANGEABLE:
        if name in values:
            setattr(row, name, values[name])
    row.label = " ".join(row.label.split())
    if not row.label:
        errors.append(("label", "required", _("Say what it is called.")))
    elif len(row.label) > 60:
        errors.append(("label", "max_length", _("Use at most 60 characters.")))
    if row.status not in CallOutcome.Leads.values:
        errors.append(("status", "invalid_choice", _("Choose where its leads go.")))
    if not 1 <= row.delay_minutes <= LONGEST_DELAY:
        errors.append(("delay_minutes", "invalid", _("Use minutes, at most 90 days.")))
    if row.is_successful and not row.is_reached:
        message = _("A success needs that a person was reached.")
        errors.append(("is_reached", "invalid", message))
    if errors:
        raise CampaignError(errors[0][2], errors=errors)

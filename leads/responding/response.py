"""Speed to lead: by when a new lead is to be answered, and whether it was.

The due time is reckoned on the workspace's business hours when the lead comes in, and kept: other
hours or another target hold for the leads that come in after.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.locks import wait_for_others
from accounts.models import Workspace
from accounts.permissions import Permission
from leads.errors import LeadError
from leads.models import MOST_HOLIDAYS, Lead, ResponseSettings, Status
from leads.responding.business_time import BusinessHours, after_business_time

CHANGEABLE = ("target_minutes", "days", "opens_at", "closes_at", "holidays")
# From here on a target counts as about to be missed.
SOON = timedelta(hours=1)


class InvalidResponse(LeadError):
    """The target or the hours cannot be like that; `errors` names each setting."""


class FirstResponse(StrEnum):
    """How a lead stands to its target."""

    NO_TARGET = ""
    WAITING = "waiting"
    SOON = "soon"
    MET = "met"
    MISSED = "missed"


def standing(lead: Lead, now: datetime) -> FirstResponse:
    """Met or missed once it was contacted; until then whether there is time left.

    A lead that was moved on without a contact being logged is measured no more.
    """
    due = lead.first_response_due_at
    if due is None:
        return FirstResponse.NO_TARGET
    if lead.first_contacted_at is not None:
        return FirstResponse.MET if lead.first_contacted_at <= due else FirstResponse.MISSED
    if lead.status not in (Status.NEW, Status.ENRICHED):
        return FirstResponse.NO_TARGET
    if now > due:
        return FirstResponse.MISSED
    return FirstResponse.SOON if due - now <= SOON else FirstResponse.WAITING


def current(workspace_id: UUID) -> ResponseSettings:
    """The workspace's row, or an unsaved one without a target."""
    row: ResponseSettings | None = ResponseSettings.objects.in_workspace(workspace_id).first()
    return row or ResponseSettings(workspace_id=workspace_id)


def due_for(workspace: Workspace, came_in_at: datetime) -> datetime | None:
    """By when a lead that came in then is to be answered; None without a target."""
    return due_by(current(workspace.pk), workspace, came_in_at)


def due_by(row: ResponseSettings, workspace: Workspace, came_in_at: datetime) -> datetime | None:
    """The same by settings that are at hand, for who reckons for many leads."""
    if row.target_minutes is None:
        return None
    target = timedelta(minutes=row.target_minutes)
    return after_business_time(came_in_at, target, hours_of(row, workspace))


def hours_of(row: ResponseSettings, workspace: Workspace) -> BusinessHours:
    """The business hours in the workspace's zone."""
    return BusinessHours(
        zone=ZoneInfo(workspace.time_zone),
        days=frozenset(row.days),
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        holidays=frozenset(row.holidays),
    )


def save(*, actor: Actor, changes: Mapping[str, Any]) -> ResponseSettings:
    """Set what `changes` names of `CHANGEABLE`. Raises `InvalidResponse`.

    Leads that are there keep their due time.
    """
    actor.require(Permission.RULE_EDIT)
    workspace_id = actor.own_workspace.pk
    with transaction.atomic():
        wait_for_others([f"response settings:{workspace_id}"])
        row = current(workspace_id)
        for name in CHANGEABLE:
            if name in changes:
                setattr(row, name, changes[name])
        row.days = sorted(set(row.days))
        row.holidays = sorted(set(row.holidays))
        errors = [*_field_errors(row), *_rule_errors(row)]
        if errors:
            raise InvalidResponse(errors[0][2], errors=errors)
        row.save()
        return row


def _field_errors(row: ResponseSettings) -> list[tuple[str, str, str]]:
    try:
        row.full_clean(exclude=["workspace"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        return [
            (name, "invalid", " ".join(messages)) for name, messages in error.message_dict.items()
        ]
    return []


def _rule_errors(row: ResponseSettings) -> list[tuple[str, str, str]]:
    errors = []
    if not set(row.days) <= set(range(7)):
        errors.append(("days", "invalid", _("Days are numbers from 0, Monday, to 6.")))
    if row.closes_at != time(0) and row.closes_at <= row.opens_at:
        message = _("Close after you open; 00:00 is the end of the day.")
        errors.append(("closes_at", "invalid", message))
    if len(row.holidays) > MOST_HOLIDAYS:
        message = _("Name at most %(count)d holidays.") % {"count": MOST_HOLIDAYS}
        errors.append(("holidays", "too_many", message))
    return errors

"""Campaigns from draft to completed: making and changing them, starting, pausing, finishing.

`draft` → `active` ⇄ `paused` → `completed`. Only an active campaign hands out leads.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from campaigns import enrolment
from campaigns.calling_hours import DAY_NAMES, hours_in
from campaigns.campaign_news import tell
from campaigns.errors import CampaignError, IllegalChange, NotFound
from campaigns.locking import hold_campaigns
from campaigns.models import MOST_ATTEMPTS, Campaign, CampaignLead
from campaigns.outcomes import LONGEST_DELAY, labels_of

CHANGEABLE = (
    "name",
    "description",
    "script",
    "calling_hours",
    "retry_delays",
    "max_attempts",
    "lease_minutes",
    "currency",
)
LONGEST_NAME = 255
LONGEST_TEXT = 20_000
LONGEST_LEASE = 240
CURRENCY_LENGTH = 3

Errors = list[tuple[str, str, str]]


def find(campaign_id: UUID, *, actor: Actor) -> Campaign:
    """The campaign, as far as the actor may see it; raises `NotFound`."""
    found: Campaign | None = Campaign.objects.visible_to(actor).filter(pk=campaign_id).first()
    if found is None:
        raise _not_found()
    return found


def create(*, actor: Actor, values: Mapping[str, Any]) -> Campaign:
    """A draft with these of `CHANGEABLE`; only the name has to be given.

    With a `status` it is started at once. Raises `CampaignError`, `IllegalChange`.
    """
    actor.require(Permission.CAMPAIGN_EDIT)
    workspace = actor.own_workspace
    with transaction.atomic():
        row = Campaign(
            workspace=workspace, currency=workspace.currency, created_by=actor.label[:200]
        )
        _apply(row, {"name": "", **values})
        row.save(force_insert=True)
        tell(row, step="created")
        return _move(row, values.get("status", row.status), actor=actor)


def change(campaign: Campaign | UUID, *, actor: Actor, changes: Mapping[str, Any]) -> Campaign:
    """Set what `changes` names of `CHANGEABLE`, and move to its `status`, all or nothing."""
    with transaction.atomic():
        row = _held(campaign, actor, moves="status" in changes)
        changed = _apply(row, changes)
        if changed:
            row.save(update_fields=[*changed, "updated_at"])
            tell(row, step="changed", fields=changed)
        return _move(row, changes.get("status", row.status), actor=actor)


def start(campaign: Campaign | UUID, *, actor: Actor) -> Campaign:
    """Hand out leads from now on: a draft for the first time, a paused campaign again."""
    return change(campaign, actor=actor, changes={"status": Campaign.Status.ACTIVE})


def pause(campaign: Campaign | UUID, *, actor: Actor) -> Campaign:
    """Hand out no more leads; calls that were begun can be recorded."""
    return change(campaign, actor=actor, changes={"status": Campaign.Status.PAUSED})


def complete(campaign: Campaign | UUID, *, actor: Actor) -> Campaign:
    """Finish the campaign for good; whoever was not called stays counted as waiting."""
    return change(campaign, actor=actor, changes={"status": Campaign.Status.COMPLETED})


def _move(row: Campaign, target: str, *, actor: Actor) -> Campaign:
    if target == row.status:
        return row
    if target not in row.allowed:
        raise IllegalChange(_refusal(row, target), allowed=list(row.allowed))
    was_draft = row.status == Campaign.Status.DRAFT
    before, now = row.status, timezone.now()
    row.status = target
    if was_draft:
        row.started_at = now
    row.completed_at = now if target == Campaign.Status.COMPLETED else None
    row.save(update_fields=["status", "started_at", "completed_at", "updated_at"])
    if was_draft:
        # Rules may have found others since, and what waited for the start is due.
        enrolment.catch_up(row)
        drafted = CampaignLead.objects.in_workspace(row.workspace_id).filter(
            campaign=row, status=CampaignLead.Status.NEW
        )
        drafted.update(status=CampaignLead.Status.QUEUED, due_at=now, updated_at=now)
    tell(row, step="status_changed", **{"from": before, "to": target})
    return row


def _refusal(row: Campaign, target: str) -> str:
    labels = dict(Campaign.Status.choices)
    if not row.allowed:
        return _("This campaign is completed and stays so. Make a new one.")
    return _("A campaign that is “%(now)s” cannot become “%(then)s”. Possible: %(possible)s.") % {
        "now": labels[Campaign.Status(row.status)],
        "then": labels.get(target, target),
        "possible": ", ".join(str(labels[Campaign.Status(one)]) for one in row.allowed),
    }


def _held(campaign: Campaign | UUID, actor: Actor, *, moves: bool) -> Campaign:
    campaign_id = campaign if isinstance(campaign, UUID) else campaign.pk
    if moves:
        hold_campaigns([campaign_id])
    rows = Campaign.objects.visible_to(actor).select_for_update(no_key=True)
    row: Campaign | None = rows.filter(pk=campaign_id).first()
    if row is None:
        raise _not_found()
    actor.require(Permission.CAMPAIGN_EDIT)
    return row


def _not_found() -> NotFound:
    return NotFound(_("There is no such campaign."))


def _apply(row: Campaign, given: Mapping[str, Any]) -> list[str]:
    """Set what is given, cleaned; returns the columns that are different now."""
    errors: Errors = []
    cleaners: dict[str, Callable[[Any, Campaign, Errors], Any]] = {
        "name": _name,
        "description": _text("description"),
        "script": _text("script"),
        "calling_hours": _hours,
        "retry_delays": _delays,
        "max_attempts": _number("max_attempts", MOST_ATTEMPTS),
        "lease_minutes": _number("lease_minutes", LONGEST_LEASE),
        "currency": _currency,
    }
    values = {
        name: clean(given[name], row, errors) for name, clean in cleaners.items() if name in given
    }
    if errors:
        raise CampaignError(errors[0][2], errors=errors)
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _name(given: Any, _row: Campaign, errors: Errors) -> str:
    name = " ".join(str(given or "").replace("\0", "").split())
    if not name:
        errors.append(("name", "required", _("Give the campaign a name.")))
    elif len(name) > LONGEST_NAME:
        errors.append(("name", "max_length", _at_most(LONGEST_NAME)))
    return name


def _text(name: str) -> Callable[[Any, Campaign, Errors], str]:
    def clean(given: Any, _row: Campaign, errors: Errors) -> str:
        text = str(given or "").replace("\0", "").strip()
        if len(text) > LONGEST_TEXT:
            errors.append((name, "max_length", _at_most(LONGEST_TEXT)))
        return text

    return clean


def _number(name: str, most: int) -> Callable[[Any, Campaign, Errors], int]:
    def clean(given: Any, _row: Campaign, errors: Errors) -> int:
        if isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= most:
            return given
        errors.append((name, "invalid", _("Use a number from 1 to %(most)d.") % {"most": most}))
        return 1

    return clean


def _currency(given: Any, row: Campaign, errors: Errors) -> str:
    code = str(given or row.workspace.currency).strip().upper()
    if not (len(code) == CURRENCY_LENGTH and code.isascii() and code.isalpha()):
        message = _("Use the three-letter ISO code, such as USD.")
        errors.append(("currency", "not_iso", message))
    return code


def _hours(given: Any, _row: Campaign, errors: Errors) -> dict[str, Any] | None:
    """Start, end and days, as the queue reads them; nothing for any hour."""
    if not given:
        return None
    usual: dict[str, Any] = {"days": list(range(7))}
    try:
        hours = {
            **usual,
            **{name: given[name] for name in ("start", "end", "days") if name in given},
        }
        if not hours["days"] or set(given) - {"start", "end", "days"}:
            raise ValueError
        hours_in(hours, "UTC")
    except (KeyError, TypeError, ValueError, AttributeError):
        message = _(
            "Give start and end as 09:00, the end later than the start, and days as numbers from"
            " 0, Monday, to 6, or as %(names)s."
        ) % {"names": ", ".join(DAY_NAMES)}
        errors.append(("calling_hours", "invalid", message))
        return None
    return hours


def _delays(given: Any, row: Campaign, errors: Errors) -> dict[str, int]:
    """Minutes by outcome; an outcome that is left out waits as usual."""
    if not isinstance(given, Mapping):
        errors.append(("retry.delays", "invalid", _("Give minutes by outcome.")))
        return {}
    known = labels_of(row.workspace_id)
    for outcome, minutes in given.items():
        field = f"retry.delays.{str(outcome)[:60]}"
        if outcome not in known:
            message = _("There is no outcome of this name.")
            errors.append((field, "invalid_choice", message))
        elif not (
            isinstance(minutes, int)
            and not isinstance(minutes, bool)
            and 0 < minutes <= LONGEST_DELAY
        ):
            errors.append((field, "invalid", _("Use minutes, at most 90 days.")))
    return dict(given)


def _at_most(characters: int) -> str:
    return _("Use at most %(count)d characters.") % {"count": characters}

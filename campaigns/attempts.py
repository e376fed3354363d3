"""Recording a call: what came of it, for the campaign, the lead and its person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from campaigns.errors import CampaignError, LeaseLost, NotFound
from campaigns.models import CallAttempt, Campaign, CampaignLead, Outcome, OutcomeRule
from campaigns.outcomes import Offered, offered
from leads import editing, lifecycle, tracking
from leads.models import Interaction, Lead
from leads.recording import CLOCK_SKEW, add_interaction

LONGEST_CALL = 24 * 60 * 60
LONGEST_NOTES = 20_000
LARGEST_AMOUNT = Decimal("999999999999.99")
FURTHEST = timedelta(days=366)

_Status = CampaignLead.Status
_WRITTEN = [
    "status",
    "outcome",
    "attempts",
    "last_attempt_at",
    "due_at",
    "callback_at",
    "contacted_at",
    "succeeded_at",
    "leased_by",
    "lease_token",
    "leased_at",
    "pledged_amount",
    "donated_amount",
    "total_talk_time",
    "last_call_duration",
    "updated_at",
]


@dataclass(frozen=True)
class Call:
    """What a caller says of a call."""

    outcome: str
    duration: int = 0
    notes: str = ""
    # When to call again; when the visit is.
    callback_at: datetime | None = None
    appointment_at: datetime | None = None
    pledged_amount: Decimal | None = None
    donated_amount: Decimal | None = None


def record(
    campaign_lead: UUID,
    *,
    actor: Actor,
    call: Call,
    lease_token: UUID | None = None,
    now: datetime | None = None,
) -> CallAttempt:
    """Record a call of a lead that is leased to the actor, or that is due and nobody's.

    With `lease_token`, the same call recorded again is found, not recorded twice. Raises
    `LeaseLost`, `NotFound` and `CampaignError` with `errors` by field.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row, lead = _held(campaign_lead, actor)
        actor.require(Permission.CALL)
        if lease_token is not None:
            known = _recorded(row, lease_token)
            if known is not None:
                return known
        _check_theirs(row, actor, lease_token, now)
        outcome = _understood(call, row.campaign, now)
        entry = _tell(lead, row, call, outcome, actor=actor, now=now)
        attempt = _attempt(row, call, actor=actor, entry=entry, now=now)
        _move(row, call, outcome.rule, actor=actor, now=now)
        attempt.callback_at = row.callback_at
        attempt.save(force_insert=True)
        # Last: by trigger this takes hold of the counters, for which other callers wait.
        row.save(update_fields=_WRITTEN)
    return attempt


def _held(campaign_lead: UUID, actor: Actor) -> tuple[CampaignLead, Lead]:
    """The lead, then its campaign lead, both locked; what is leased is seen by who has it.

    A deleted lead too: the call took place.
    """
    workspace_id = actor.own_workspace.pk
    seen = CampaignLead.objects.visible_to(actor).filter(pk=campaign_lead)
    while True:
        lead_id = seen.values_list("lead_id", flat=True).first()
        if lead_id is None:
            raise NotFound(_("There is no such lead in a campaign, or it is not yours to see."))
        leads = Lead.objects.in_workspace(workspace_id).filter(pk=lead_id).for_list()
        lead = leads.select_for_update(no_key=True, of=("self", "contact")).get()
        rows = CampaignLead.objects.in_workspace(workspace_id).filter(pk=campaign_lead)
        row: CampaignLead = (
            rows.select_related("source", "campaign")
            .select_for_update(no_key=True, of=("self",))
            .get()
        )
        if row.lead_id == lead.pk:
            return row, lead
        # A merge gave it to another lead meanwhile; that one is locked next.


def _recorded(row: CampaignLead, token: UUID) -> CallAttempt | None:
    rows = CallAttempt.objects.in_workspace(row.workspace_id).filter(lease_token=token)
    found: CallAttempt | None = rows.filter(campaign_lead=row).first()
    return found


def _check_theirs(row: CampaignLead, actor: Actor, token: UUID | None, now: datetime) -> None:
    """Raise `LeaseLost` unless the actor has this lead, or nobody has and it is due."""
    if row.status == _Status.CALLING and token in (None, row.lease_token):
        is_theirs = row.leased_by_id == (actor.user.pk if actor.user else None)
        # A lease that ran out is good as long as nobody else has the lead.
        if is_theirs or (token is None and row.due_at is not None and row.due_at <= now):
            return
    elif token is None and row.status == _Status.QUEUED:
        is_running = row.campaign.status == Campaign.Status.ACTIVE
        if is_running and row.due_at is not None and row.due_at <= now:
            return
    raise LeaseLost


def _understood(call: Call, campaign: Campaign, now: datetime) -> Offered:
    """The outcome; raises `CampaignError` for what cannot be."""
    known = {one.code: one for one in offered(campaign.workspace_id)}
    errors: list[tuple[str, str, str]] = []
    found = known.get(call.outcome)
    if found is None:
        message = _("Use one of: %(codes)s.") % {"codes": ", ".join(known)}
        errors.append(("outcome", "invalid_choice", message))
    if not 0 <= call.duration <= LONGEST_CALL:
        errors.append(("duration", "invalid", _("Use seconds, at most a day.")))
    if len(call.notes) > LONGEST_NOTES:
        message = _("Use at most %(count)d characters.") % {"count": LONGEST_NOTES}
        errors.append(("notes", "max_length", message))
    for name in ("pledged_amount", "donated_amount"):
        amount = getattr(call, name)
        if amount is not None and not 0 <= amount <= LARGEST_AMOUNT:
            errors.append((name, "invalid", _("Use an amount of money, not below zero.")))
    for name in ("callback_at", "appointment_at"):
        at = getattr(call, name)
        if at is not None and not now - CLOCK_SKEW <= at <= now + FURTHEST:
            errors.append((name, "invalid", _("Use a time to come, at most a year ahead.")))
    if found is not None:
        errors += _misplaced(call, found.rule)
    if errors or found is None:
        raise CampaignError(errors[0][2], errors=errors)
    return found


def _misplaced(call: Call, rule: OutcomeRule) -> list[tuple[str, str, str]]:
    errors = []
    if call.callback_at is not None and rule.status not in ("queued", "contacted"):
        message = _("With this outcome nobody is called back; leave the time out.")
        errors.append(("callback_at", "not_allowed", message))
    if call.appointment_at is not None and call.outcome != Outcome.APPOINTMENT:
        message = _("Only an appointment has a time of its own; leave it out.")
        errors.append(("appointment_at", "not_allowed", message))
    return errors


def _tell(
    lead: Lead, row: CampaignLead, call: Call, outcome: Offered, *, actor: Actor, now: datetime
) -> Interaction | None:
    """The call on the lead's timeline, and what follows for the lead; nothing on a deleted one."""
    if lead.deleted_at is not None:
        return None
    method, direction = "call", "outbound"
    payload: dict[str, Any] = {
        "method": method,
        "subject": f"{row.campaign.name}: {outcome.label}",
        "campaign_id": str(row.campaign_id),
        "outcome": outcome.code,
        "duration": call.duration,
        "successful": outcome.rule.reached,
    }
    payload |= {"notes": call.notes.strip()} if call.notes.strip() else {}
    kind, platform = tracking.interaction_for(method, direction)
    entry = add_interaction(
        lead,
        actor=actor,
        type=kind,
        platform=platform,
        direction=direction,
        at=now,
        payload=payload,
    )
    lifecycle.count_contact(lead, actor=actor, method=method, direction=direction, at=now)
    _follow_up(lead, call, outcome, actor=actor)
    return entry


def _follow_up(lead: Lead, call: Call, outcome: Offered, *, actor: Actor) -> None:
    """The moves of the lead that an outcome means, as far as its lifecycle allows them."""
    is_known = lead.status in lifecycle.MOVES["converse"].sources
    if outcome.code == Outcome.INTERESTED and is_known:
        lifecycle.converse(lead, actor=actor)
    elif outcome.code == Outcome.APPOINTMENT and call.appointment_at is not None:
        lifecycle.schedule(lead, actor=actor, scheduled_for=call.appointment_at, matched_via="call")
    elif outcome.code == Outcome.CONVERTED and lead.status in lifecycle.MOVES["convert"].sources:
        lifecycle.convert(lead, actor=actor)
    elif outcome.rule.blocks_calls:
        contact = lead.contact
        changes = {
            "do_not_contact": {**contact.do_not_contact, "call": True},
            "consent": {**contact.consent, "call": False},
        }
        editing.update(lead, actor=actor, changes=changes)


def _attempt(
    row: CampaignLead, call: Call, *, actor: Actor, entry: Interaction | None, now: datetime
) -> CallAttempt:
    return CallAttempt(
        workspace_id=row.workspace_id,
        campaign_id=row.campaign_id,
        campaign_lead=row,
        lease_token=row.lease_token,
        at=now,
        user=actor.user,
        created_by=actor.label,
        outcome=call.outcome,
        duration=call.duration,
        notes=call.notes.strip(),
        pledged_amount=call.pledged_amount or Decimal("0.00"),
        donated_amount=call.donated_amount or Decimal("0.00"),
        interaction_id=entry.pk if entry else None,
    )


def _move(row: CampaignLead, call: Call, rule: OutcomeRule, *, actor: Actor, now: datetime) -> None:
    """Add the call to the campaign lead's sums and decide where it goes."""
    row.attempts += 1
    row.last_attempt_at = now
    row.outcome = call.outcome
    row.last_call_duration = call.duration
    row.total_talk_time += call.duration
    row.pledged_amount += call.pledged_amount or 0
    row.donated_amount += call.donated_amount or 0
    row.lease_token = row.leased_at = row.leased_by = row.callback_at = row.due_at = None
    if rule.reached or rule.successful:
        row.contacted_at = row.contacted_at or now
    if rule.successful:
        row.succeeded_at = row.succeeded_at or now
    row.status = _next_status(row, call, rule)
    if row.status == _Status.QUEUED:
        _plan(row, call, rule, actor=actor, now=now)


def _next_status(row: CampaignLead, call: Call, rule: OutcomeRule) -> str:
    """Where the lead goes: to another attempt only while one is left and may be made.

    A call that was promised for a time is made even when the attempts are used up.
    """
    is_promised = call.callback_at is not None
    if rule.status != "queued" and not is_promised:
        return rule.status
    most = row.source.max_attempts_override or row.campaign.max_attempts
    is_used_up = row.attempts >= most and not is_promised
    # Its list may have been taken out of the campaign during the call.
    if not is_used_up and row.source.detached_at is None:
        return _Status.QUEUED
    if rule.status != "queued":
        return rule.status
    return _Status.CONTACTED if rule.reached and not is_used_up else _Status.FAILED


def _plan(row: CampaignLead, call: Call, rule: OutcomeRule, *, actor: Actor, now: datetime) -> None:
    """When the next attempt is due, and whose it is when somebody was promised it."""
    minutes = row.campaign.retry_delays.get(call.outcome, rule.delay or 0)
    row.due_at = call.callback_at or now + timedelta(minutes=minutes)
    if call.callback_at is not None or call.outcome == Outcome.CALLBACK:
        row.callback_at = row.due_at
        row.leased_by = actor.user

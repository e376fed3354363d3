"""The call queue: who is called next, and by whom.

`next_lead` leases the best lead that is due. Callers never wait for each other: a row that another
one is just taking is passed over. A lease that runs out gives its lead back by itself, since
`due_at` is its end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, groupby, repeat
from operator import itemgetter
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Case, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.locks import wait_for_others
from accounts.permissions import Permission
from campaigns import waiting
from campaigns.calling_hours import is_open, zone_of
from campaigns.errors import Conflict, LeaseLost
from campaigns.models import Campaign, CampaignLead
from campaigns.models.campaign_lead import CampaignLeadQuerySet
from campaigns.reachability import why_not
from leads.models import Lead
from leads.models.lead import sees_own_only

# How long a callback waits for who promised it, before anybody may make it.
KEPT_FOR_PROMISER = timedelta(minutes=10)
# Where lists share a priority: more than there are callers at work in one moment.
_CANDIDATES = 64
# So many are looked at together, the more the more turned out not to be called any more.
_TOGETHER = (1, 50, 500)

_Status = CampaignLead.Status
_READ = (
    *(field.name for field in CampaignLead._meta.concrete_fields),
    "source__lead_list",
    "lead__status",
    "lead__deleted_at",
    "lead__contact__consent",
    "lead__contact__do_not_contact",
    "lead__contact__time_zone",
)
_CLOSED = [
    "status",
    "outcome",
    "due_at",
    "callback_at",
    "lease_token",
    "leased_at",
    "leased_by",
    "updated_at",
]


@dataclass(frozen=True)
class _Ask:
    """One caller asking at one moment."""

    campaign: Campaign
    actor: Actor
    now: datetime

    @property
    def caller_id(self) -> UUID | None:
        return self.actor.user.pk if self.actor.user else None


def current(
    campaign: Campaign, *, actor: Actor, now: datetime | None = None
) -> CampaignLead | None:
    """The lead that this person is in a call with; a key is nobody and has none."""
    if actor.user is None:
        return None
    rows = CampaignLead.objects.leased_to(actor, now or timezone.now()).filter(campaign=campaign)
    found: CampaignLead | None = _with_lead(rows).order_by("leased_at").first()
    return found


def next_lead(
    campaign: Campaign, *, actor: Actor, now: datetime | None = None
) -> CampaignLead | None:
    """Lease the best due lead to the actor; None where nobody is due.

    Whoever has one already gets that one again. Raises `Conflict` unless the campaign is active.
    """
    actor.require(Permission.CALL)
    ask = _Ask(campaign, actor, now or timezone.now())
    if campaign.status != Campaign.Status.ACTIVE:
        raise Conflict(
            _("This campaign is not running: it is “%(status)s”.")
            % {"status": campaign.get_status_display()},
            code="campaign_not_active",
        )
    with transaction.atomic():
        if ask.caller_id is not None:
            # Two tabs of one person get the same lead.
            wait_for_others([f"{campaign.pk}:call:{ask.caller_id}"])
        found = waiting.situation(campaign, ask.caller_id, ask.now)
        if found.held is not None:
            return _with_lead(CampaignLead.objects.all()).get(pk=found.held)
        for rows in _in_turn(ask, found):
            row = _take(ask, rows)
            if row is not None:
                return row
    return None


def release(campaign_lead: UUID, *, actor: Actor) -> None:
    """Give a leased lead back without a call; what is not leased any more stays as it is."""
    actor.require(Permission.CALL)
    with transaction.atomic():
        rows = CampaignLead.objects.visible_to(actor).filter(pk=campaign_lead)
        row = rows.select_for_update(no_key=True, of=("self",)).first()
        if row is None or row.status != _Status.CALLING:
            return
        if row.leased_by_id != (actor.user.pk if actor.user else None):
            raise LeaseLost
        row.due_at = row.callback_at or row.leased_at or timezone.now()
        _give_back(row)


def _give_back(row: CampaignLead) -> None:
    row.status = _Status.QUEUED
    row.lease_token = row.leased_at = None
    if row.callback_at is None:
        row.leased_by = None
    row.save(
        update_fields=["status", "due_at", "lease_token", "leased_at", "leased_by", "updated_at"]
    )


def _with_lead(rows: CampaignLeadQuerySet) -> CampaignLeadQuerySet:
    """With what handing out asks of the lead, and no more: this is what callers wait for."""
    return rows.select_related("source", "lead__contact").only(*_READ)


def _in_turn(ask: _Ask, found: waiting.Situation) -> Iterator[CampaignLeadQuerySet]:
    """Where to look for the next lead: promised callbacks, then one priority after the other."""
    if not found.lists:
        return
    due = _callable(ask)
    if found.has_promised:
        yield _promised(ask, due.filter(source__in=[pk for pk, _priority in found.lists]))
    fresh = due.filter(callback_at__isnull=True)
    for _priority, group in groupby(found.lists, key=itemgetter(1)):
        sources = [pk for pk, _same in group]
        if len(sources) == 1:
            yield fresh.filter(source=sources[0]).in_queue_order()
        else:
            yield from _merged(fresh, sources)


def _callable(ask: _Ask) -> CampaignLeadQuerySet:
    """What is due, where it is day, and what the caller may see."""
    rows = CampaignLead.objects.in_workspace(ask.campaign.workspace_id)
    rows = rows.filter(campaign=ask.campaign).due(ask.now)
    if ask.campaign.calling_hours:
        rows = rows.filter(time_zone__in=waiting.open_zones(ask.campaign, ask.now))
    if sees_own_only(ask.actor):
        rows = rows.filter(lead__in=Lead.objects.visible_to(ask.actor).values("pk"))
    return rows


def _promised(ask: _Ask, rows: CampaignLeadQuerySet) -> CampaignLeadQuerySet:
    """Callbacks: one's own first, then those that their promiser did not come to make."""
    mine = Q(leased_by=ask.caller_id) if ask.caller_id else Q(pk__in=[])
    anybodys = Q(leased_by__isnull=True) | Q(callback_at__lte=ask.now - KEPT_FOR_PROMISER)
    is_mine = Case(When(mine, then=Value(0)), default=Value(1))
    promised = rows.filter(mine | anybodys, callback_at__lte=ask.now)
    return promised.order_by(is_mine, "callback_at", "lead_id")


def _merged(rows: CampaignLeadQuerySet, sources: Sequence[UUID]) -> Iterator[CampaignLeadQuerySet]:
    """Lists of one priority as if they were one: the best of each, merged.

    Again and again, deeper each time, as long as there may be more behind what others are taking.
    """
    depth = _CANDIDATES
    while True:
        best = [
            rows.filter(source=one).in_queue_order().values_list("pk", flat=True)[:depth]
            for one in sources
        ]
        # Each list's best are read along its own part of the index, and only their ids.
        ids = list(best[0].union(*best[1:], all=True))
        if ids:
            yield rows.filter(pk__in=ids).in_queue_order()
        if len(ids) < depth:
            return
        depth *= 4


def _take(ask: _Ask, rows: CampaignLeadQuerySet) -> CampaignLead | None:
    """Lease the first of `rows` that nobody else is taking and that may still be called."""
    for together in chain(_TOGETHER, repeat(_TOGETHER[-1])):
        free = _with_lead(rows).select_for_update(skip_locked=True, no_key=True, of=("self",))
        taken = list(free[:together])
        if not taken:
            return None
        stale: list[tuple[CampaignLead, str]] = []
        moved: list[CampaignLead] = []
        found = next((row for row in taken if _may_be_called(ask, row, stale, moved)), None)
        _close(stale, ask.now)
        if moved:
            CampaignLead.objects.bulk_update(moved, ["time_zone", "updated_at"])
        if found is not None:
            return _lease(ask, found)
    raise AssertionError("It goes on until nobody is free.")


def _may_be_called(
    ask: _Ask,
    row: CampaignLead,
    stale: list[tuple[CampaignLead, str]],
    moved: list[CampaignLead],
) -> bool:
    """Whether this is the one; else why not, or where they live by now, is noted for the rest."""
    reason = why_not(row.lead)
    if reason:
        stale.append((row, reason))
        return False
    zone = row.lead.contact.time_zone
    if row.time_zone == zone:
        return True
    row.time_zone = zone
    row.updated_at = ask.now
    moved.append(row)
    here = zone_of(zone, ask.actor.own_workspace.time_zone)
    return is_open(ask.campaign.calling_hours, here, ask.now)


def _close(stale: Sequence[tuple[CampaignLead, str]], now: datetime) -> None:
    """These locked leads are called no more, each for its reason."""
    for row, reason in stale:
        row.status = _Status.FAILED
        row.outcome = reason
        row.due_at = row.callback_at = row.lease_token = row.leased_at = row.leased_by = None
        row.updated_at = now
    if stale:
        CampaignLead.objects.bulk_update([row for row, _reason in stale], _CLOSED)


def _lease(ask: _Ask, row: CampaignLead) -> CampaignLead:
    row.status = _Status.CALLING
    row.leased_by = ask.actor.user
    row.lease_token = uuid4()
    row.leased_at = ask.now
    row.due_at = ask.now + timedelta(minutes=ask.campaign.lease_minutes)
    row.save(
        update_fields=["status", "leased_by", "lease_token", "leased_at", "due_at", "updated_at"]
    )
    return row

"""Leads of the old schema, each a row with its campaign: what seed 004's migration path says.

For each campaign a list "Migrated Leads - <campaign>", attached to it, and a campaign lead with the
old attempts, amounts and notes; old words for statuses become ours.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.bulk import insert_rows
from campaigns import enrolment, lists, membership, running
from campaigns.imports.batches import Row
from campaigns.imports.values import moment_of, number_of
from campaigns.locking import hold_lists
from campaigns.models import (
    LONGEST_LIST_NAME,
    Campaign,
    CampaignLead,
    CampaignLeadList,
    Import,
    LeadList,
    LeadListMember,
)
from leads.models import Lead

_Status = CampaignLead.Status
LONGEST_NAME = Campaign._meta.get_field("name").max_length or 200
_WORDS = {
    _Status.NEW: "new uncontacted not_contacted open pending",
    _Status.QUEUED: "queued in_queue calling in_progress callback call_back no_answer busy"
    " voicemail attempted retry",
    _Status.CONTACTED: "contacted reached spoke interested not_interested completed",
    _Status.CONVERTED: "converted pledged donated won success successful sale appointment",
    _Status.FAILED: "failed lost dead do_not_call dnc wrong_number invalid disconnected bad_number"
    " rejected closed",
}
STATUSES = {word: status for status, words in _WORDS.items() for word in words.split()}
# Old words that say how the last call ended.
_OUTCOMES = frozenset(
    {"no_answer", "busy", "voicemail", "wrong_number", "callback", "interested"}
    | {"not_interested", "appointment", "pledged", "donated", "converted", "do_not_call"}
)
_MOST = Decimal(10) ** 12


@dataclass(frozen=True)
class Old:
    """What a row says of a lead's time in its campaign."""

    status: str
    outcome: str
    attempts: int
    last_attempt_at: datetime | None
    pledged: Decimal
    donated: Decimal
    notes: str


def enrol(rows: list[Row], row: Import, *, actor: Actor) -> None:
    """Put those who were taken into the list and the campaign their row names."""
    by_campaign: defaultdict[str, list[Row]] = defaultdict(list)
    for one in rows:
        name = " ".join(one.told.campaign.get("name", "").split())[:LONGEST_NAME]
        if name and one.taken and one.taken.lead:
            by_campaign[name].append(one)
    if not by_campaign:
        return
    hold_lists(row.workspace_id)
    for name, members in sorted(by_campaign.items()):
        source = _attached(name, actor)
        _join(members, source, row, actor)


def _attached(name: str, actor: Actor) -> CampaignLeadList:
    """The campaign's list of migrated leads; all of it is made when the first of them comes."""
    workspace_id = actor.own_workspace.pk
    campaigns = Campaign.objects.in_workspace(workspace_id).filter(name=name)
    campaign = campaigns.order_by("created_at", "id").first()
    if campaign is None:
        campaign = running.create(actor=actor, values={"name": name})
    list_name = f"Migrated Leads - {name}"[:LONGEST_LIST_NAME]
    known = (
        LeadList.objects.in_workspace(workspace_id)
        .alive()
        .filter(name=list_name, list_type=LeadList.Type.STATIC)
    )
    lead_list = known.order_by("created_at", "id").first()
    if lead_list is None:
        lead_list = lists.create(actor=actor, values={"name": list_name})
    sources = CampaignLeadList.objects.in_workspace(workspace_id).filter(
        campaign=campaign, lead_list=lead_list
    )
    source: CampaignLeadList | None = sources.first()
    if source is None:
        enrolment.attach(campaign, lead_list, actor=actor)
        source = sources.get()
    source.campaign, source.lead_list = campaign, lead_list
    return source


def _join(rows: list[Row], source: CampaignLeadList, row: Import, actor: Actor) -> None:
    first: dict[Any, Row] = {}
    for one in rows:
        if one.taken and one.taken.lead:
            first.setdefault(one.taken.lead.pk, one)
    added = membership.add(
        source.lead_list_id, list(first), actor=actor, by=LeadListMember.By.IMPORT
    )
    for lead_id in added.added:
        first[lead_id].made["member"] = str(source.lead_list_id)
    campaign = source.campaign
    here = CampaignLead.objects.in_workspace(row.workspace_id).filter(campaign=campaign)
    there = set(here.filter(lead__in=list(first)).values_list("lead_id", flat=True))
    entries = []
    for lead_id, one in first.items():
        if lead_id in there or one.taken is None or one.taken.lead is None:
            continue
        entry = _entry(one.taken.lead, source, _old(one, row, campaign))
        one.made["campaign_lead"] = str(entry.pk)
        entries.append(entry)
    insert_rows(entries)
    for one in rows:
        if one.taken and one.taken.outcome == "skipped":
            # The lead stays as it is; its place in the campaign is what the row is about.
            one.taken.outcome = "updated"


def _entry(lead: Lead, source: CampaignLeadList, old: Old) -> CampaignLead:
    waits = old.status in (_Status.NEW, _Status.QUEUED)
    at = old.last_attempt_at or timezone.now()
    was_reached = old.status in (_Status.CONTACTED, _Status.CONVERTED)
    return CampaignLead(
        workspace_id=source.workspace_id,
        campaign_id=source.campaign_id,
        source_id=source.pk,
        lead_id=lead.pk,
        status=old.status,
        outcome=old.outcome,
        attempts=old.attempts,
        last_attempt_at=old.last_attempt_at,
        due_at=timezone.now() if waits else None,
        contacted_at=at if was_reached else None,
        succeeded_at=at if old.status == _Status.CONVERTED else None,
        heat_score=lead.heat_score,
        time_zone=lead.contact.time_zone,
        pledged_amount=old.pledged,
        donated_amount=old.donated,
        notes=old.notes,
    )


def _old(one: Row, row: Import, campaign: Campaign) -> Old:
    """What cannot be read is left out, and said."""
    told = one.told.campaign

    def left_out(name: str, text: str) -> None:
        message = _("“%(text)s” could not be read; it was left out.") % {"text": text[:60]}
        one.told.left_out.append((f"campaign.{name}", "left_out", message))

    def amount(name: str) -> Decimal:
        text = told.get(name, "")
        if not text:
            return Decimal(0)
        number = number_of(text)
        if number is None or not 0 <= number < _MOST:
            left_out(name, text)
            return Decimal(0)
        return number.quantize(Decimal("0.01"))

    pledged, donated = amount("pledged_amount"), amount("donated_amount")
    attempts = number_of(told.get("attempts", "")) or Decimal(0)
    if not 0 <= attempts <= 10_000 or attempts != int(attempts):
        left_out("attempts", told["attempts"])
        attempts = Decimal(0)
    at = None
    if told.get("last_attempt_at"):
        at = moment_of(told["last_attempt_at"], day_first=bool(row.options.get("day_first")))
        if at is None:
            left_out("last_attempt_at", told["last_attempt_at"])
        elif at.tzinfo is None:
            at = at.replace(tzinfo=ZoneInfo(row.workspace.time_zone))
    word = "_".join(told.get("status", "").casefold().replace("-", " ").split())
    status = STATUSES.get(word, "")
    if word and not status:
        left_out("status", told["status"])
    if pledged or donated:
        status = _Status.CONVERTED
    status = status or (_Status.QUEUED if attempts else _Status.NEW)
    if status == _Status.NEW and campaign.status != Campaign.Status.DRAFT:
        status = _Status.QUEUED
    outcome = word if word in _OUTCOMES else ""
    return Old(status, outcome, int(attempts), at, pledged, donated, told.get("notes", ""))

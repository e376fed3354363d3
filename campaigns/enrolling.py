"""Which leads of a list a campaign takes in, and taking them in, thousands with a statement.

A lead is in a campaign once, from the first list that brought it. Whoever asked not to be called,
and whoever is lost, is left out. The verbs are in `campaigns.enrolment`.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Q, Value, When
from django.utils import timezone

from accounts.among import among
from accounts.ids import new_id_array
from campaigns import criteria
from campaigns.models import Campaign, CampaignLead, CampaignLeadList, LeadList, LeadListMember
from leads.models import Lead, Status
from leads.models.lead import LeadQuerySet

_Entry = CampaignLead.Status
# So many ids are in one statement.
AT_ONCE = 5_000
# As `campaigns.reachability.why_not_person`, asked of the database.
_BLOCKED = (
    Q(contact__do_not_contact__call=True)
    | Q(contact__do_not_contact__phone=True)
    | Q(contact__do_not_contact__all=True)
    | Q(contact__consent__call=False)
)

# Numbered in their order, each takes the id of its number.
_ENROL = """
WITH offered (lead_id, heat_score, time_zone, is_blocked, status) AS MATERIALIZED ({offered}),
enrolled AS (
    INSERT INTO campaigns_campaignlead (
        id, workspace_id, created_at, updated_at, campaign_id, source_id, lead_id, heat_score,
        time_zone, status, outcome, attempts, due_at, pledged_amount, donated_amount,
        total_talk_time, last_call_duration, notes
    )
    SELECT (%s::uuid[])[row_number() OVER (ORDER BY lead_id)], %s, %s, %s, %s, %s, lead_id,
        heat_score, time_zone, %s, '', 0, %s, 0, 0, 0, 0, ''
    FROM offered WHERE NOT is_blocked AND status <> %s ORDER BY lead_id
    ON CONFLICT (workspace_id, campaign_id, lead_id) DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM enrolled), count(*),
    coalesce(array_agg(lead_id) FILTER (WHERE is_blocked OR status = %s), '{{}}')
FROM offered
"""


@dataclass(frozen=True)
class Preview:
    """What attaching a list would do; each of its leads is in one of the first four.

    `without_phone` are some of the `new` ones.
    """

    new: int
    already_in: int
    do_not_contact: int
    lost: int
    without_phone: int

    @property
    def total(self) -> int:
        return self.new + self.already_in + self.do_not_contact + self.lost

    @property
    def excluded(self) -> int:
        return self.do_not_contact + self.lost


@dataclass(frozen=True)
class Enrolled:
    """What attaching a list did; `excluded` are lost or asked not to be called."""

    added: int = 0
    already_in: int = 0
    excluded: int = 0

    def __add__(self, more: "Enrolled") -> "Enrolled":
        return Enrolled(
            self.added + more.added,
            self.already_in + more.already_in,
            self.excluded + more.excluded,
        )


def foreseen(
    campaign: Campaign, lead_list: LeadList, filter_criteria: Mapping[str, Any]
) -> Preview:
    """What attaching the list, narrowed by these filters, would do at this moment."""
    counted: Counter[str] = Counter()
    for ids in _portions(lead_list):
        there = _already_in(campaign, ids)
        rows = _offered(campaign, ids, filter_criteria).order_by()
        for lead_id, is_blocked, status, phone in rows.values_list(
            "pk", "_is_blocked", "status", "contact__phone"
        ):
            if lead_id in there:
                counted["already_in"] += 1
            elif status == Status.LOST:
                counted["lost"] += 1
            elif is_blocked:
                counted["do_not_contact"] += 1
            else:
                counted["new"] += 1
                counted["without_phone"] += not phone
    return Preview(**{one.name: counted[one.name] for one in fields(Preview)})


def enrol(source: CampaignLeadList, *, only: Collection[UUID] | None = None) -> Enrolled:
    """Enrol the leads of the attached list who are not in its campaign.

    With `only`, of these leads alone. The caller holds the campaign (`hold_campaigns`).
    """
    portions = _portions(source.lead_list, only=only)
    return sum((_enrol(source, ids) for ids in portions), Enrolled())


def _enrol(source: CampaignLeadList, ids: Sequence[UUID]) -> Enrolled:
    """In one statement: who is offered never comes here but to be counted."""
    campaign = source.campaign
    offered = _offered(campaign, ids, source.filter_criteria).order_by()
    columns = ("pk", "heat_score", "contact__time_zone", "_is_blocked", "status")
    try:
        statement, given = offered.values_list(*columns).query.sql_with_params()
    except EmptyResultSet:
        return Enrolled()
    now = timezone.now()
    starts = _Entry.NEW if campaign.status == Campaign.Status.DRAFT else _Entry.QUEUED
    head: list[Any] = [
        new_id_array(len(ids)),
        source.workspace_id,
        now,
        now,
        campaign.pk,
        source.pk,
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _ENROL.format(offered=statement),
            [*given, *head, starts.value, now, Status.LOST.value, Status.LOST.value],
        )
        added, seen, unwanted = cursor.fetchone()
    # Whoever is in the campaign is that first, even if they asked since not to be called.
    excluded = len(unwanted) - len(_already_in(campaign, unwanted))
    return Enrolled(added, seen - added - excluded, excluded)


def drop_uncalled(source: CampaignLeadList, *, unless_offered: bool = False) -> int:
    """Take out of the campaign whom the list brought and nobody called; returns how many.

    With `unless_offered`, those whom the list and its filters still bring stay.
    """
    rows = CampaignLead.objects.in_workspace(source.workspace_id).filter(
        source=source, attempts=0, status__in=[_Entry.NEW, _Entry.QUEUED]
    )
    going = set(rows.values_list("lead_id", flat=True))
    if unless_offered:
        for ids in _portions(source.lead_list, only=going):
            offered = _offered(source.campaign, ids, source.filter_criteria)
            going.difference_update(offered.order_by().values_list("pk", flat=True))
    # Nothing refers to who was never called: one statement, without reading the rows first.
    return sum(
        rows.filter(among("lead_id", ids))._raw_delete(rows.db) for ids in _cut(sorted(going))
    )


def _portions(
    lead_list: LeadList, *, only: Collection[UUID] | None = None
) -> Iterator[Sequence[UUID]]:
    """The ids of who is in the list, in their order, so many as one statement takes.

    By their ids, since after an import the planner knows nothing of a hundred thousand new rows:
    it joined the list by going through all of it for each lead, and came to no end.
    """
    if lead_list.list_type == LeadList.Type.DYNAMIC:
        rows = criteria.leads_of(lead_list.criteria, workspace=lead_list.workspace)
        ids = list(rows.order_by("pk").values_list("pk", flat=True).distinct())
    else:
        present = LeadListMember.objects.in_workspace(lead_list.workspace_id).present()
        found = present.filter(lead_list=lead_list).order_by("lead_id")
        ids = list(found.values_list("lead_id", flat=True))
    if only is not None:
        wanted = frozenset(only)
        ids = [pk for pk in ids if pk in wanted]
    yield from _cut(ids)


def _cut(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for first in range(0, len(ids), AT_ONCE):
        yield ids[first : first + AT_ONCE]


def _offered(
    campaign: Campaign, ids: Sequence[UUID], filter_criteria: Mapping[str, Any]
) -> LeadQuerySet:
    """Those of these leads whom the filters let through, each with what decides about it."""
    workspace = campaign.workspace
    rows = Lead.objects.in_workspace(workspace.pk).alive().filter(among("pk", ids))
    rows = criteria.narrow(rows, filter_criteria, workspace=workspace)
    return rows.annotate(
        _is_blocked=Case(When(_BLOCKED, then=Value(True)), default=Value(False)),
    )


def _already_in(campaign: Campaign, ids: Sequence[UUID]) -> set[UUID]:
    """Asked once for all: for each lead anew, it would read the whole campaign each time."""
    rows = CampaignLead.objects.in_workspace(campaign.workspace_id).filter(campaign=campaign)
    return set(rows.filter(among("lead_id", ids)).order_by().values_list("lead_id", flat=True))

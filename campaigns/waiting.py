"""Who is still to be called in a campaign: on which lists, in which time zones, and from when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Min

from accounts.postgresql.prepared import prepared_cursor
from campaigns import calling_hours
from campaigns.calling_hours import zone_of
from campaigns.models import Campaign, CampaignLead

# Hops from one zone to the next along the index, instead of reading every lead.
_ZONES = """
WITH RECURSIVE zones AS (
    (SELECT time_zone FROM campaigns_campaignlead
     WHERE workspace_id = %(workspace)s AND campaign_id = %(campaign)s AND due_at IS NOT NULL
     ORDER BY time_zone LIMIT 1)
    UNION ALL
    SELECT (SELECT time_zone FROM campaigns_campaignlead
            WHERE workspace_id = %(workspace)s AND campaign_id = %(campaign)s
                AND due_at IS NOT NULL AND time_zone > zones.time_zone
            ORDER BY time_zone LIMIT 1)
    FROM zones WHERE zones.time_zone IS NOT NULL
)
SELECT time_zone FROM zones WHERE time_zone IS NOT NULL
"""

# What a caller's question begins with, in one statement: fifty ask at once. From here on the queue
# is read along its index: of many who were enrolled a moment ago PostgreSQL has no statistics yet,
# and sorted all of them for each caller (200 ms of 100,000).
_SITUATION = """
SELECT
    set_config('enable_sort', 'off', true),
    (SELECT id FROM campaigns_campaignlead
     WHERE workspace_id = %(workspace)s AND campaign_id = %(campaign)s AND status = 'calling'
         AND leased_by_id = %(caller)s AND due_at > %(now)s
     ORDER BY leased_at LIMIT 1),
    EXISTS (SELECT FROM campaigns_campaignlead
            WHERE workspace_id = %(workspace)s AND campaign_id = %(campaign)s
                AND callback_at <= %(now)s AND due_at <= %(now)s),
    list.id, list.priority
FROM (SELECT 1) AS always
LEFT JOIN campaigns_campaignleadlist AS list
    ON list.workspace_id = %(workspace)s AND list.campaign_id = %(campaign)s
    AND list.is_active AND list.detached_at IS NULL
ORDER BY list.priority, list.assigned_at, list.id
"""


@dataclass(frozen=True)
class Situation:
    """What the caller has already, whether callbacks are due, and the lists with their priority."""

    held: UUID | None
    has_promised: bool
    lists: Sequence[tuple[UUID, int]]


def situation(campaign: Campaign, caller_id: UUID | None, now: datetime) -> Situation:
    """How things are as somebody asks for the next lead; nobody, a key, holds none."""
    with prepared_cursor() as cursor:
        cursor.execute(
            _SITUATION,
            {
                "workspace": campaign.workspace_id,
                "campaign": campaign.pk,
                "caller": caller_id,
                "now": now,
            },
        )
        rows = cursor.fetchall()
    _setting, held, has_promised, *_list = rows[0]
    lists = [(pk, priority) for *_facts, pk, priority in rows if pk is not None]
    return Situation(held, has_promised, lists)


def open_zones(campaign: Campaign, now: datetime) -> list[str]:
    """The zones, as its leads carry them, in which the campaign may call at that moment."""
    with connection.cursor() as cursor:
        cursor.execute(_ZONES, {"workspace": campaign.workspace_id, "campaign": campaign.pk})
        carried = [row[0] for row in cursor.fetchall()]
    home = campaign.workspace.time_zone
    really = {name: zone_of(name, home) for name in carried}
    is_open = set(calling_hours.open_zones(campaign.calling_hours, now, set(really.values())))
    return [name for name in carried if really[name] in is_open]


def next_due(campaign: Campaign, now: datetime) -> datetime | None:
    """When the next lead may be called, calling hours considered; None when nobody is left.

    Who is in a call right now does not count, nor who is on a list that is paused.
    """
    rows = CampaignLead.objects.in_workspace(campaign.workspace_id).filter(
        campaign=campaign,
        due_at__isnull=False,
        source__is_active=True,
        source__detached_at__isnull=True,
    )
    open_leads = rows.exclude(status=CampaignLead.Status.CALLING, due_at__gt=now).order_by()
    home = campaign.workspace.time_zone
    moments = [
        calling_hours.next_opening(campaign.calling_hours, zone_of(zone, home), max(due, now))
        for zone, due in open_leads.values_list("time_zone").annotate(earliest=Min("due_at"))
    ]
    return min(moments, default=None)

"""The order in which rows of this app are locked, so that no two transactions wait for each other.

Lead (`leads.locking`), then its campaign lead, then, by trigger alone and at the end, the counters
on lists and attached lists. A transaction changes the members of one list. Who must change several
(deleting leads does, by trigger, and an incremental rebuild) holds the workspace's lists first.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from accounts.locks import wait_for_others


def hold_lists(workspace_id: UUID) -> None:
    """Until the commit, be the only one who changes members of several lists at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT campaigns_hold_lists(%s)", [workspace_id])


def hold_campaigns(campaign_ids: Iterable[UUID]) -> None:
    """Until the commit, be the only one who enrols leads into these campaigns or starts them."""
    wait_for_others([f"enrolment:{campaign_id}" for campaign_id in campaign_ids])

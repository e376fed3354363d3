"""When a lead that nobody works closes by itself (seed 000)."""

from datetime import datetime, timedelta

from leads.models import Lead, Status

PATIENCE = timedelta(days=30)


def alarm_for(lead: Lead) -> datetime | None:
    """The time the sweep closes the lead, None when no timer runs. Every activity moves it.

    It runs while the lead is new or enriched and never contacted, and while it is qualified.
    """
    waiting = lead.status in (Status.NEW, Status.ENRICHED) and lead.first_contacted_at is None
    if waiting or lead.status == Status.QUALIFIED:
        return lead.last_activity_at + PATIENCE
    return None

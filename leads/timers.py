"""When a lead that nobody works closes by itself (seed 000)."""

from datetime import datetime, timedelta

from leads.models import Lead, Status


def alarm_for(lead: Lead) -> datetime | None:
    """The time the sweep closes the lead, None when no timer runs. Every activity moves it.

    It runs while the lead is new or enriched and never contacted, and while it is qualified; how
    long is the workspace's to say.
    """
    if lead.status in (Status.NEW, Status.ENRICHED) and lead.first_contacted_at is None:
        days = lead.workspace.no_contact_days
    elif lead.status == Status.QUALIFIED:
        days = lead.workspace.lost_contact_days
    else:
        days = None
    return None if days is None else lead.last_activity_at + timedelta(days=days)

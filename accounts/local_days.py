"""Days as a workspace counts them, in its own time zone."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import Workspace


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day there."""
    return datetime.combine(day, time.min, tzinfo=zone)


def start_of_today(workspace: Workspace) -> datetime:
    """The midnight that began the workspace's present day."""
    zone = ZoneInfo(workspace.time_zone)
    return start_of(timezone.now().astimezone(zone).date(), zone)

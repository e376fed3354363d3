"""The conversation of a lead as its page shows it: one thread across channels, oldest first."""

import hashlib
from dataclasses import dataclass

from leads.models import Channel, Lead, Message

SHOWN = 20
MOST_SHOWN = 500


@dataclass(frozen=True)
class Thread:
    """The latest messages, of one channel or of all."""

    messages: list[Message]
    # The channels there is something of, to choose among.
    channels: list[Channel]
    channel: str
    shown: int
    # How many to ask for to see older ones; 0 when these are all.
    more: int
    # The same as long as nothing in it changes.
    version: str


def thread(lead: Lead, *, channel: str = "", shown: str = "") -> Thread:
    """What the address asks for, as far as it makes sense."""
    count = min(int(shown), MOST_SHOWN) if shown.isascii() and shown.isdigit() else SHOWN
    count = max(count, SHOWN)
    rows = Message.objects.of_lead(lead.workspace_id, lead.pk)
    used = set(rows.order_by().values_list("channel", flat=True).distinct())
    channel = channel if channel in used else ""
    if channel:
        rows = rows.filter(channel=channel)
    latest = list(rows.order_by("-at", "-id")[: count + 1])
    messages = latest[:count][::-1]
    return Thread(
        messages=messages,
        channels=[kind for kind in Channel if kind in used],
        channel=channel,
        shown=count,
        more=count + SHOWN if len(latest) > count and count < MOST_SHOWN else 0,
        version=_version(messages, used),
    )


def _version(messages: list[Message], used: set[str]) -> str:
    seen = [(str(row.pk), row.status, row.updated_at.isoformat()) for row in messages]
    return hashlib.sha256(repr((seen, sorted(used))).encode()).hexdigest()[:16]

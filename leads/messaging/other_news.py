"""News that are of no lead: apps above say what their kinds are called and where they lead.

They enter them in `AppConfig.ready`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from leads.models import Notification


@dataclass(frozen=True)
class OtherNews:
    """What one kind says; `Notification.by` is what it is of, `event_id` leads there."""

    icon: str
    text: Any
    address: Callable[[str, Notification], str]


_known: dict[str, OtherNews] = {}


def register_news(kind: str, news: OtherNews) -> None:
    """Show news of this kind like that."""
    _known[kind] = news


def news_of(row: Notification) -> OtherNews | None:
    """What it says; nothing when it is of a lead."""
    return _known.get(row.kind)

"""The history of one row as a part of its page."""

from typing import Any

from django import template
from django.db.models import Model
from django.template import Context

from accounts.history import events_of, told

register = template.Library()

SHOWN = 50
MOST = 1000


@register.inclusion_tag("accounts/row_history.html", takes_context=True)
def row_history(
    context: Context, row: Model, here: str, *, is_open: bool = False
) -> dict[str, Any]:
    """Who changed what, the latest first; `here` is the page's address, which may ask for all."""
    asked_for_all = context["request"].GET.get("history") == "all"
    limit = MOST if asked_for_all else SHOWN
    events = list(events_of(row)[: limit + 1])
    return {
        "entries": told(events[:limit]),
        "has_more": len(events) > limit,
        "most": MOST if asked_for_all else 0,
        "is_open": is_open or asked_for_all,
        "here": here,
    }

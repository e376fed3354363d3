"""What the frame shows of the person themselves: duty, what is not read, and pinned views."""

from dataclasses import dataclass
from typing import Any

from django import template

from leads.listing import saved_views
from leads.messaging import notifications

register = template.Library()


@register.simple_tag(takes_context=True)
def own_standing(context: dict[str, Any]) -> notifications.Standing:
    """Asked for once a page, in one query."""
    actor = context["actor"]
    return notifications.standing_of(actor)


@dataclass(frozen=True)
class Pinned:
    """A view in the sidebar: `pk` and `query` as the address of its page has them."""

    pk: str
    name: str
    query: str


@register.simple_tag(takes_context=True)
def pinned_views(context: dict[str, Any]) -> list[Pinned]:
    """In one query."""
    rows = saved_views.pinned_of(context["actor"])
    return [Pinned(str(row.pk), row.name, saved_views.address_of(row)) for row in rows]

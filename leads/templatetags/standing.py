"""What the frame shows of the person themselves: their duty, and what they have not read."""

from typing import Any

from django import template

from leads import notifications

register = template.Library()


@register.simple_tag(takes_context=True)
def own_standing(context: dict[str, Any]) -> notifications.Standing:
    """Asked for once a page, in one query."""
    actor = context["actor"]
    return notifications.standing_of(actor)

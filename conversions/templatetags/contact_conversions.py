"""The panel of a person's conversions for the Contact page."""

from typing import Any

from django import template
from django.template import Context

from conversions.models import Conversion
from leads.models import Contact

register = template.Library()

SHOWN = 20


@register.inclusion_tag("conversions/contact_conversions.html", takes_context=True)
def contact_conversions(context: Context, contact: Contact) -> dict[str, Any]:
    """The latest results of this person; the totals of all are the contact's own."""
    rows = (
        Conversion.objects.visible_to(context["request"].actor)
        .filter(contact=contact)
        .select_related("lead")
        .order_by("-converted_at", "-id")
    )
    return {
        "conversions": rows[:SHOWN],
        "contact": contact,
        "workspace": context["workspace"],
    }

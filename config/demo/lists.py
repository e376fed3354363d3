"""The lists of the demo's managers: by hand, by a rule that is kept, by a rule that is asked."""

from typing import Any

from campaigns import lists, membership
from campaigns.models import LeadList
from config.demo.stories import Cast
from leads.models import Lead

_GUESTS = 14
_BY_RULE: tuple[dict[str, Any], ...] = (
    {
        "name": "Warm and gone quiet",
        "description": "Worth a call: they were interested, and nobody spoke to them for a week.",
        "list_type": LeadList.Type.SMART,
        "criteria": {"heat": ["HOT", "WARM"], "open": True, "last_contacted_before": "7d"},
        "tags": ["calls"],
    },
    {
        "name": "Never answered",
        "list_type": LeadList.Type.SMART,
        "criteria": {"min_contact_count": "3", "never_responded": True, "open": True},
        "tags": ["calls", "second try"],
    },
    {
        "name": "From Google ads, last 30 days",
        "list_type": LeadList.Type.DYNAMIC,
        "criteria": {"has_gclid": True, "from": "30d"},
    },
)


def load(cast: Cast) -> None:
    """Two smart lists, a dynamic one, one filled by hand, and one that is put away."""
    actor = cast.manager
    newest = Lead.objects.in_workspace(cast.workspace.pk).alive().order_by("-created_at", "-id")
    for values in _BY_RULE:
        lists.create(actor=actor, values=values)
    guests = lists.create(
        actor=actor,
        values={
            "name": "Open day guests",
            "description": "Everybody who left a card at the open day.",
            "tags": ["events"],
        },
    )
    people = list(newest.values_list("pk", flat=True)[: _GUESTS * 2])
    membership.add(guests, people[::2], actor=actor, notes="Left a card")
    old = lists.create(actor=actor, values={"name": "Last year's fair", "tags": ["events"]})
    membership.add(old, people[1:9], actor=actor)
    lists.change(old, actor=actor, changes={"is_archived": True})

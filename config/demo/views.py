"""The views that the demo's people keep of their leads, and what they have in the sidebar."""

from typing import Any

from accounts.actors import Actor
from config.demo.stories import Cast
from leads.listing import saved_views
from leads.models import SavedView

_SHARED: tuple[dict[str, Any], ...] = (
    {
        "name": "Hot and nobody's",
        "filters": {"heat": ["HOT", "WARM"], "unassigned": "true", "open": "true"},
        "ordering": "-heat_score",
    },
    {
        "name": "Google ads, last 30 days",
        "filters": {"has_gclid": "true", "from": "30d"},
        "columns": ["status", "owner", "campaign", "tags", "last_contact", "created"],
    },
)
_OF_A_REP: dict[str, Any] = {
    "name": "Mine gone quiet",
    "filters": {"assigned_to_me": "true", "open": "true", "last_contacted_before": "5d"},
    "ordering": "last_activity_at",
    "columns": ["status", "heat", "last_contact", "contact_count", "next_task", "phone"],
}


def load(cast: Cast) -> None:
    """The manager shares two, every rep keeps one, and all have something pinned."""
    shared = [_kept(cast.manager, values | {"is_shared": True}) for values in _SHARED]
    _pin(cast.manager, shared)
    for rep in cast.reps:
        _pin(rep, [_kept(rep, _OF_A_REP), shared[0]])


def _kept(actor: Actor, values: dict[str, Any]) -> SavedView:
    return saved_views.create(actor=actor, values=values)


def _pin(actor: Actor, views: list[SavedView]) -> None:
    for view in views:
        saved_views.set_pinned(view, actor=actor, is_pinned=True)

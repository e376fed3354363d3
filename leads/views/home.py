"""The Home page: a rep's morning, and a manager's look at the team."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.dashboard import dashboard, next_steps, team
from leads.models import Lead, Status


@dataclass(frozen=True)
class Tile:
    """A count and the list of exactly the leads it counts."""

    label: str
    explanation: str
    icon: str
    count: int
    url: str


@dataclass(frozen=True)
class MemberTiles:
    """What one member has, as the team's tiles show it."""

    name: str
    open_leads: int
    open_url: str
    follow_ups_due: int
    due_url: str


@requires(Permission.VIEW)
def home(request: MemberRequest, slug: str) -> HttpResponse:
    """Four counts, what to do next and, for managers, the team."""
    actor = request.actor
    steps = next_steps(actor, request.user)
    context = {
        "tiles": _tiles(dashboard(actor), slug),
        "steps": steps,
        "has_leads": bool(steps) or Lead.objects.visible_to(actor).exists(),
        "team": _team(request, slug) if actor.can(Permission.METRICS_ALL) else [],
    }
    return render(request, "leads/home.html", context)


def _tiles(counts: dict[str, int], slug: str) -> list[Tile]:
    shown = (
        ("my_leads", _("My leads"), _("open"), "users", {"open": "true"}),
        (
            "ready_for_outreach",
            _("Ready for outreach"),
            _("enriched, not contacted yet"),
            "sparkles",
            {"status": Status.ENRICHED.value},
        ),
        (
            "in_conversation",
            _("In conversation"),
            _("they have answered"),
            "messages-square",
            {"status": Status.CONVERSING.value},
        ),
        (
            "follow_ups_due",
            _("Follow-ups due"),
            _("no contact for 7 days"),
            "clock",
            {"follow_up_due": "true"},
        ),
    )
    leads = reverse("leads:list", args=[slug])
    return [
        Tile(
            label,
            explanation,
            icon,
            counts[name],
            _filtered(leads, assigned_to_me="true", **query),
        )
        for name, label, explanation, icon, query in shown
    ]


def _team(request: MemberRequest, slug: str) -> list[MemberTiles]:
    leads = reverse("leads:list", args=[slug])
    return [
        MemberTiles(
            one.user.get_full_name(),
            one.open_leads,
            _filtered(leads, assigned_to=str(one.user.pk), open="true"),
            one.follow_ups_due,
            _filtered(leads, assigned_to=str(one.user.pk), follow_up_due="true"),
        )
        for one in team(request.actor)
    ]


def _filtered(leads: str, **query: str) -> str:
    """The Leads page with these filters."""
    return f"{leads}?{urlencode(query)}"

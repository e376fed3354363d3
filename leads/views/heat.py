"""The Heat page: who is warm, who is rising, whom nobody has called."""

from dataclasses import dataclass
from hashlib import sha256

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.models import Heat
from leads.scoring.heat import Rules
from leads.scoring.heat_board import Board, board

HOTTEST_FIRST = (Heat.HOT, Heat.WARM, Heat.COLD)


@dataclass(frozen=True)
class LevelTile:
    """A level with its leads; choosing it narrows the page to them."""

    level: Heat
    first: int
    last: int | None
    count: int
    url: str
    is_chosen: bool


@requires(Permission.VIEW)
def heat(request: MemberRequest, slug: str) -> HttpResponse:
    """The page, and every few seconds what changed on it: 204 when nothing did.

    `?level=` narrows it; `?seen=` is the mark of what the browser shows already.
    """
    asked = request.GET.get("level", "")
    level = Heat(asked) if asked in Heat.values else Heat.HOT
    shown = board(request.actor, level=level)
    context = {
        "board": shown,
        "tiles": _tiles(shown, reverse("leads:heat", args=[slug])),
        "all_url": _all_url(slug, level),
    }
    content = render_to_string("leads/heat/board.html", context, request)
    mark = sha256(content.encode()).hexdigest()[:16]
    if request.GET.get("seen") == mark:
        return HttpResponse(status=204)
    context |= {"content": content, "mark": mark, "level": level}
    template = "leads/heat/refreshed.html" if "seen" in request.GET else "leads/heat/page.html"
    return render(request, template, context)


def _tiles(shown: Board, address: str) -> list[LevelTile]:
    return [
        LevelTile(
            level,
            *_range(shown.rules, level),
            count=shown.counts[level],
            url=f"{address}?{urlencode({'level': level.value})}",
            is_chosen=level == shown.level,
        )
        for level in HOTTEST_FIRST
    ]


def _range(rules: Rules, level: Heat) -> tuple[int, int | None]:
    """From which score to which; the highest level has no end."""
    return {
        Heat.COLD: (0, rules.warm_from - 1),
        Heat.WARM: (rules.warm_from, rules.hot_from - 1),
        Heat.HOT: (rules.hot_from, None),
    }[level]


def _all_url(slug: str, level: Heat) -> str:
    query = {"heat": level.value, "open": "true", "ordering": "-heat_score"}
    return f"{reverse('leads:list', args=[slug])}?{urlencode(query)}"

"""The board's own question every few seconds: what moved, came or went since it looked."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest, is_part
from leads.board_news import news
from leads.views.board import Asked, counts_of
from leads.views.filter_row import without


@requires(Permission.VIEW)
def changes(request: MemberRequest, slug: str) -> HttpResponse:
    """The cards that changed since the `since` of the address; 204 where none did."""
    if not is_part(request):
        return redirect("leads:board", slug=slug)
    now = timezone.now()
    asked = Asked(request)
    try:
        since = parse_datetime(request.GET.get("since", ""))
    except ValueError:
        since = None
    if since is None or timezone.is_naive(since):
        since = now
    found = news(asked.rows, request.workspace.pk, since=since)
    if found is None:
        return HttpResponse(status=204)
    moved = bool(found.came or found.gone)
    context = {
        "news": found,
        "looked_at": now.isoformat(),
        "counts": counts_of(asked) if moved else [],
        "narrowing": asked.narrowing.urlencode(),
        "query": without(asked.narrowing, "status").urlencode(),
    }
    return render(request, "leads/board_news.html", context)

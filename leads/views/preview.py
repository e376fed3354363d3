"""A lead beside the list: what a rep wants to know before they open it."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest, is_part
from leads.models import Interaction, Task
from leads.views.detail import get_lead

_ENTRIES = 8
_TASKS = 3


@requires(Permission.VIEW)
def lead(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """The part a script puts beside the list; to anybody else the lead's own page."""
    row = get_lead(request, ref)
    if not is_part(request):
        return redirect("leads:detail", slug=slug, ref=row.number)
    entries = Interaction.objects.in_workspace(row.workspace_id).filter(lead=row)
    tasks = Task.objects.in_workspace(row.workspace_id).open().filter(lead=row)
    context = {
        "lead": row,
        "entries": entries.order_by("-at", "-id")[:_ENTRIES],
        "open_tasks": tasks.order_by("due_at", "id")[:_TASKS],
    }
    return render(request, "leads/preview.html", context)

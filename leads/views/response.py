"""The settings of the first response: target, business hours, holidays."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.responding import response
from leads.responding.response_forms import ResponseForm
from leads.views.saving import is_saved, status_of


@requires(Permission.RULE_EDIT)
def settings(request: MemberRequest, slug: str) -> HttpResponse:
    """The form; refused, it keeps what was typed."""
    row = response.current(request.workspace.pk)
    form = ResponseForm(request.POST or None, settings=row)
    if is_saved(request, form):
        messages.success(request, _("Saved. It holds for the leads that come in from now."))
        return redirect("leads:response", slug=slug)
    return render(request, "leads/response.html", {"form": form}, status=status_of(request))
